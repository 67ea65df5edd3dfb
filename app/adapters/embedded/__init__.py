"""PostgreSQL and Valkey from PyPI wheels, run as child processes: what `hanse up` and the tests stand on."""
