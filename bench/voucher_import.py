"""Importing 100,000 voucher lines from a workbook: read, checked with control totals, drafted in one transaction."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from time import perf_counter

from bench.measure import Figure
from bench.site import Site

LINES = 100_000
PER_VOUCHER = 10
TARGET_S = 30.0


def run(site: Site) -> list[Figure]:
    """Time on the clock, from the bytes of the file to the commit."""
    from app.adapters.sheet import read_rows
    from app.modules.finance.queries.account import account_names
    from app.modules.finance.queries.book import book_of
    from app.platform.work import Work
    from app.web.imports import LIMITS

    with site.wiring.router.session(site.tenant.schema) as session:
        work = Work(session, site.actor)
        roles = book_of(work).roles
        names = account_names(work, [roles["expense"], roles["bank"]])
        codes = [names[roles[role]].partition(" ")[0] for role in ("expense", "bank")]
        session.rollback()
    body = _workbook(codes)
    began = perf_counter()
    rows = read_rows(body, LIMITS)
    next(rows)
    given = [
        {"voucher": row[0], "business_on": row[1], "account": row[2], "debit": row[3], "credit": row[4], "memo": row[5]}
        for row in rows
    ]
    act = site.wiring.registry.actions["finance.import_vouchers"]
    arguments = act.input.model_validate(
        {"rows": given, "control_rows": LINES, "control_debit": Decimal(LINES // 2 * 10)}
    )
    site.wiring.gate.perform(
        act, site.actor, "bench-import", **{name: getattr(arguments, name) for name in arguments.model_fields_set}
    )
    return [Figure("voucher_import_100k_s", perf_counter() - began, "s", TARGET_S)]


def _workbook(codes: list[str]) -> bytes:
    from app.adapters.sheet import Kind, SheetColumn, write_xlsx

    kinds: tuple[Kind, ...] = ("text", "day", "text", "money", "money", "text")
    columns = [SheetColumn(str(place), kind) for place, kind in enumerate(kinds)]
    day = date.today()  # noqa: DTZ011  # any day of the open year
    rows = (
        [f"V{no // PER_VOUCHER}", day, codes[no % 2], 10 if no % 2 == 0 else 0, 10 if no % 2 else 0, "bench"]
        for no in range(LINES)
    )
    target = BytesIO()
    write_xlsx(target, columns, rows)
    return target.getvalue()
