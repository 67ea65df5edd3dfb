"""Whether the time of a refused sign-in tells who is known here: the work for somebody known against a stranger's.

Measured as processor time of application and database, because that is what differs; what else a shared machine does
to the clock hits both alike.
"""

import secrets
import statistics

from app.adapters.redis import LocalWindows
from app.kernel.errors import Forbidden
from app.platform.identity.accounts import Accounts, SignUp
from app.platform.identity.guard import forgive_tries
from bench.measure import Figure
from bench.site import Site

ROUNDS = 60
WRONG = "not the password of anybody"


def run(site: Site) -> list[Figure]:
    """Sign-in of somebody known with a wrong password against that of a stranger."""
    known, stranger = _person(site), f"{secrets.token_hex(6)}@example.com"
    taken: dict[str, list[float]] = {known: [], stranger: []}
    for number in range(ROUNDS):
        for email in (known, stranger) if number % 2 else (stranger, known):
            taken[email].append(_refused_ms(site, email))
    gap = abs(statistics.median(taken[known]) - statistics.median(taken[stranger]))
    return [Figure("sign_in_timing_gap_ms", gap, "ms", 5.0)]


def _person(site: Site) -> str:
    """Somebody who has signed up."""
    wiring = site.wiring
    wiring.provisioner.refill(1)
    mark = secrets.token_hex(5)
    email = f"{mark}@example.com"
    form = SignUp("Bench Ltd", f"b{mark}", "DE", email, "granary-by-the-river", "Ada", "en")
    accounts = Accounts(wiring.control, wiring.directory, LocalWindows())
    accounts.open_for_operator(form, lambda tenant, identity_id, asked: identity_id)
    return email


def _refused_ms(site: Site, email: str) -> float:
    accounts = Accounts(site.wiring.control, site.wiring.directory, LocalWindows())
    forgive_tries(site.wiring.control, "login", email)

    def attempt() -> None:
        try:
            accounts.sign_in(email, WRONG, address="10.0.0.1")
        except Forbidden:
            return
        raise AssertionError("a wrong password was taken")

    return site.meter.cost(attempt) * 1000
