"""The meter: CPU seconds of this process and of every PostgreSQL process, read from the kernel."""

import gc
import os
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
        """CPU seconds all backends have spent so far, those that ended included (these in steps of 10 ms)."""
        children = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        ended = Path(f"/proc/{self.postmaster}/stat").read_text().rpartition(")")[2].split()[13:15]
        return sum(_cpu_seconds(int(pid)) for pid in children) + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")

    def settle(self, *, quiet: float = 0.002, most: float = 30.0) -> None:
        """Wait until the server has finished what earlier writes left it (vacuum, analysis, checkpoints)."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            before = self.database_seconds()
            time.sleep(0.5)
            if self.database_seconds() - before < quiet:
                return

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
