"""A request to the authorization server, the tenant it came to, and the reply; no door is named here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.requests import OAuth2Payload

from tenants.resolve import TenantRef

MOST_PARAMETERS = 40
LONGEST = {"state": 1000, "redirect_uri": 500, "scope": 4000, "resource": 500}
LONGEST_OTHER = 300
VALUE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
"""What an error description may quote (RFC 6749, 5.2)."""
STATE = re.compile(r"[\x20-\x7e]*")
Pairs = Sequence[tuple[str, str]]


@dataclass
class Reply:
    """What goes back, whatever door it goes through."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def location(self) -> str:
        """Where the browser is sent, or the empty text."""
        return self.headers.get("Location", "")


@dataclass(frozen=True)
class Place:
    """The tenant a request came to, and what it is called there (RFC 8414 issuer)."""

    tenant: TenantRef
    issuer: str

    @property
    def audience(self) -> str:
        """What access tokens are for (RFC 8707)."""
        return f"{self.issuer}/api/v1"


class Refused(OAuth2Error):  # type: ignore[misc]
    """An error of a later RFC: `invalid_target`, `request_not_supported`."""


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, pairs: Pairs) -> None:
        self._data = dict(pairs)
        self._lists = {name: [value for other, value in pairs if other == name] for name in self._data}

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> Any:
        return self._lists


class Asked(OAuth2Request):  # type: ignore[misc]
    """A request: `query` of the authorization endpoint, `posted` of all others."""

    def __init__(
        self, place: Place, method: str, *, query: Pairs = (), posted: Pairs = (), headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(method, place.issuer.replace("http://", "https://", 1), headers=dict(headers))
        self.place = place
        self.payload = _Payload(query or posted)
        self._form = dict(posted)
        _check_parameters(query or posted)

    @property
    def args(self) -> dict[str, str]:
        """The parameters of the query."""
        found: dict[str, str] = self.payload.data
        return found

    @property
    def form(self) -> dict[str, str]:
        """The posted parameters."""
        return self._form


def _check_parameters(pairs: Pairs) -> None:
    """Each once (RFC 6749, 3.1 and 3.2), bounded, printable; `resource` may be repeated (RFC 8707)."""
    names = [name for name, _ in pairs if name != "resource"]
    if len(pairs) > MOST_PARAMETERS or len(set(names)) != len(names):
        raise InvalidRequestError("A parameter was sent twice, or there are too many.")
    for name, value in pairs:
        form = STATE if name == "state" else VALUE
        if len(name) > LONGEST_OTHER or len(value) > LONGEST.get(name, LONGEST_OTHER) or not form.fullmatch(value):
            raise InvalidRequestError("A parameter is too long or holds characters that are not allowed.")
