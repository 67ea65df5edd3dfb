"""The meter: CPU seconds of this process and of every PostgreSQL process, read from the kernel."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value. `floor` is the raw cost in the same unit, `factor` their ratio."""

    name: str
    value: float
    unit: str
    target: float
    floor: float | None = None

    @property
    def met(self) -> bool:
        return self.value <= self.target

    @property
    def factor(self) -> float | None:
        return self.value / self.floor if self.floor else None


class Meter:
    """CPU of application and database. `postmaster` is the server's first process; its children do the work."""

    def __init__(self, postmaster: int) -> None:
        self.postmaster = postmaster

    def database_seconds(self) -> float:
        """CPU seconds all backends have spent so far."""
        children = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        return sum(_cpu_seconds(int(pid)) for pid in children)

    def cost(self, run: Callable[[], object]) -> float:
        """CPU seconds one call costs, in application and database together."""
        database, own = self.database_seconds(), time.process_time()
        run()
        own = time.process_time() - own
        return own + max(self.database_seconds() - database, 0.0)

    def median_ms(self, run: Callable[[], object], *, rounds: int, warm: int = 3) -> float:
        """The median cost of a call in milliseconds, after some to warm up."""
        for _ in range(warm):
            run()
        gc.collect()
        return statistics.median(self.cost(run) for _ in range(rounds)) * 1000


def _cpu_seconds(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def resident_mb(pid: int) -> float:
    """Resident memory of a process in megabytes (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
