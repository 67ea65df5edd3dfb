"""Every event that webhooks can carry is named and explained in both languages."""

import pytest

from app.platform.i18n import LOCALES, has
from app.platform.webhooks.catalogue import PING, catalogue_of
from app.wiring import build_registry


@pytest.mark.parametrize("locale", LOCALES)
def test_every_event_has_its_words(locale: str) -> None:
    """Say `choice.<name>` (its title) and `event.<name>` (when it happens), or mark the class `internal`."""
    names = [kind.name for kind in catalogue_of(build_registry()).kinds]
    wanted = [f"{start}.{name}" for name in [*names, PING] for start in ("choice", "event")]
    assert [message for message in wanted if not has(locale, message)] == []
