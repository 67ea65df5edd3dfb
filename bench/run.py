"""All benchmarks: `python -m bench.run [--json] [name…]`."""

import json
import sys
from collections.abc import Callable, Sequence

from bench import entries, order_to_cash, platform, reading, sign_in, trial_balance, voucher_import
from bench.measure import Figure
from bench.site import Site, measured_site

BENCHES: dict[str, Callable[[Site], list[Figure]]] = {
    "order_to_cash": order_to_cash.run,
    "entries": entries.run,
    "reading": reading.run,
    "platform": platform.run,
    "trial_balance": trial_balance.run,
    "sign_in": sign_in.run,
    "voucher_import": voucher_import.run,
}


def measure(names: Sequence[str] = (), tell: Callable[[Figure], None] = lambda figure: None) -> list[Figure]:
    """Run the named benchmarks (all when none is named) over one fresh company."""
    figures: list[Figure] = []
    with measured_site() as site:
        for name in names or BENCHES:
            for figure in BENCHES[name](site):
                figures.append(figure)
                tell(figure)
    return figures


def as_json(figures: Sequence[Figure]) -> str:
    """A list of {name, value, unit, target, floor}."""
    rows = [
        {"name": f.name, "value": round(f.value, 3), "unit": f.unit, "target": f.target, "floor": f.floor}
        for f in figures
    ]
    return json.dumps(rows, indent=1)


def line(figure: Figure) -> str:
    """One figure as text."""
    floor = f"{figure.factor:6.2f} x floor {figure.floor:8.3f}" if figure.floor else " " * 24
    verdict = "met" if figure.met else f"MISSED by {figure.value - figure.target:.2f}"
    return f"{figure.name:28} {figure.value:10.3f} {figure.unit:10} target {figure.target:8.2f}  {floor}  {verdict}"


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if "--json" in sys.argv:
        print(as_json(measure(wanted)))
    else:
        measure(wanted, lambda figure: print(line(figure), flush=True))
