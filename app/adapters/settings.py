"""Everything an installation can set, read once from the environment and never changed after.

Each variable is declared once, as a field with its name, meaning and reader; `docs/configuration.md` and
`hanse doctor --settings` are generated from the same declarations. A mistake names its variable.

Addresses nobody set come from the stack that `hanse up` has running in HANSE_HOME (see `embedded/stack.py`),
so a second shell can run `hanse tenant list` beside it without being told anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from app.adapters.outside import Allowance
from app.adapters.secret import read_or_create_secret

STACK_FILE: Final = "run/stack.json"
SMALLEST_SECRET: Final = 32


class SettingsError(Exception):
    """An installation's variable is missing or wrong; the message names it and says what is expected."""


@dataclass(frozen=True)
class Variable:
    """One documented environment variable."""

    name: str
    default: str
    meaning: str


def _text(_name: str, value: str) -> str:
    return value


def _number(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise SettingsError(f"{name} must be a number between {low} and {high}, got {value!r}")
        return int(value)

    return read


def _choice(*allowed: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in allowed:
            raise SettingsError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        return value

    return read


def _switch(name: str, value: str) -> bool:
    if value not in ("on", "off"):
        raise SettingsError(f"{name} must be on or off, got {value!r}")
    return value == "on"


def _address(*schemes: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value and urlsplit(value).scheme not in schemes:
            wanted = " or ".join(f"{scheme}://" for scheme in schemes)
            shown = urlsplit(value).scheme or "no scheme"  # never the value: it may hold a password
            raise SettingsError(f"{name} must be an address starting with {wanted}, got {shown}")
        return value

    return read


def _folder(name: str, value: str) -> Path:
    if not value:
        raise SettingsError(f"{name} must name a folder, got nothing")
    return Path(value).expanduser().absolute()


def _names(_name: str, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _allowed(name: str, value: str) -> tuple[str, ...]:
    entries = _names(name, value)
    try:
        Allowance.of(entries)
    except ValueError as error:
        raise SettingsError(f"{name} must list host names and networks: {error}") from None
    return entries


_postgres = _address("postgresql", "postgres")


def _variable(name: str, default: str, read: Callable[[str, str], Any], meaning: str) -> Any:
    return field(metadata={"variable": Variable(name, default, meaning), "read": read})


@dataclass(frozen=True)
class Settings:
    """One installation. Build it with `Settings.load(os.environ)`; tests build variants with `dataclasses.replace`."""

    mode: str = _variable(
        "HANSE_MODE", "development", _choice("development", "production"),
        "`development` serves loopback only and shows sent mail at /dev/mail; `production` asks for real addresses.",
    )  # fmt: skip
    home: Path = _variable(
        "HANSE_HOME", ".hanse", _folder,
        "Folder of the embedded services' data, the secret key, mailbox and documents.",
    )  # fmt: skip
    bind: str = _variable("HANSE_BIND", "127.0.0.1", _text, "IP address the web tier listens on.")
    port: int = _variable("HANSE_PORT", "8000", _number(1, 65535), "Port the web tier listens on.")
    domain: str = _variable(
        "HANSE_DOMAIN", "localhost", _text, "Domain whose subdomains are the tenants' portals: SLUG.DOMAIN."
    )
    public_url: str = _variable(
        "HANSE_PUBLIC_URL", "", _address("http", "https"),
        "Address browsers use for the sign-up site; default http://localhost:PORT, or https://DOMAIN in production.",
    )  # fmt: skip
    single_tenant: str = _variable(
        "HANSE_SINGLE_TENANT",
        "",
        _text,
        "Slug of the one tenant served at every host name (on-premise); empty for many.",
    )
    proxies: tuple[str, ...] = _variable(
        "HANSE_PROXIES", "", _names, "Comma-separated addresses of proxies whose X-Forwarded headers are believed."
    )
    database_url: str = _variable(
        "HANSE_DATABASE_URL", "", _postgres,
        "PostgreSQL (16 or later) of the control tables: tenants, addresses, identities. Empty: embedded.",
    )  # fmt: skip
    tenant_database_url: str = _variable(
        "HANSE_TENANT_DATABASE_URL", "", _postgres,
        "Login of the first cell: owns nothing, may only change to tenant roles. Default: HANSE_DATABASE_URL.",
    )  # fmt: skip
    queue_database_url: str = _variable(
        "HANSE_QUEUE_DATABASE_URL", "", _postgres, "Database of the job queue. Default: HANSE_DATABASE_URL."
    )
    owner_database_url: str = _variable(
        "HANSE_OWNER_DATABASE_URL", "", _postgres,
        "Owner of the cell's schemas and roles; given to `worker` and `migrate` only, never to `serve`.",
    )  # fmt: skip
    sealer_database_url: str = _variable(
        "HANSE_SEALER_DATABASE_URL", "", _postgres,
        "Login that alone may change to sealer roles; given to `worker` only. Default: HANSE_OWNER_DATABASE_URL.",
    )  # fmt: skip
    tenant_roles: bool = _variable(
        "HANSE_TENANT_ROLES", "on", _switch, "One database role per tenant as second barrier; `off` under Citus."
    )
    redis_url: str = _variable(
        "HANSE_REDIS_URL", "", _address("redis", "rediss", "unix"), "Redis or Valkey. Empty: embedded."
    )
    objects_url: str = _variable(
        "HANSE_OBJECTS_URL", "", _address("folder", "s3"),
        "Document store: folder:///PATH or s3://BUCKET?endpoint=URL&region=NAME. Default: a folder in HANSE_HOME.",
    )  # fmt: skip
    smtp_url: str = _variable(
        "HANSE_SMTP_URL", "", _address("smtp", "smtps"),
        "smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS (STARTTLS) or smtps://. Empty: a mailbox folder in HANSE_HOME.",
    )  # fmt: skip
    outgoing_allow: tuple[str, ...] = _variable(
        "HANSE_OUTGOING_ALLOW", "", _allowed,
        "Comma-separated hosts and networks (`id.intra.example,10.1.0.0/16`) that webhooks and sign-in providers may "
        "also be at, without TLS too; this machine itself in development only. Default: the public Internet by https.",
    )  # fmt: skip
    sentry_dsn: str = _variable("HANSE_SENTRY_DSN", "", _address("http", "https"), "Sentry project for defects.")
    web_workers: int = _variable("HANSE_WEB_WORKERS", "2", _number(1, 64), "Number of web processes.")
    log: str = _variable("HANSE_LOG", "console", _choice("console", "json"), "Form of the log lines.")
    secret_file: str = _variable(
        "HANSE_SECRET_FILE",
        "",
        _text,
        "File of the signing key; made on first start. Default: secret.key in HANSE_HOME.",
    )
    master_key_file: str = _variable(
        "HANSE_MASTER_KEY_FILE", "", _text,
        "File of the master key that wraps all data keys, one key a line, the first in use; made on first start. "
        "Default: master.key in HANSE_HOME. Keep a copy apart from the database's backups.",
    )  # fmt: skip
    kms_key: str = _variable(
        "HANSE_KMS_KEY", "", _text,
        "Key of a key management service that holds the master key instead: id or ARN, for others than AWS with ?endpoint=URL.",
    )  # fmt: skip
    secret_value: str = field(
        repr=False,
        default="",
        metadata={
            "variable": Variable(
                "HANSE_SECRET_KEY", "", "The signing key itself, instead of a file; 32 characters or more."
            ),
            "read": _text,
        },
    )

    master_key_value: str = field(
        repr=False,
        default="",
        metadata={
            "variable": Variable(
                "HANSE_MASTER_KEY", "",
                "The master key itself, instead of a file; several by comma, the first in use. 32 characters or more each.",
            ),
            "read": _text,
        },
    )  # fmt: skip

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Read, check and complete all variables; raises SettingsError."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            variable: Variable = item.metadata["variable"]
            values[item.name] = item.metadata["read"](variable.name, environ.get(variable.name, variable.default))
        if not values["database_url"]:
            values |= {name: url for name, url in _running_stack(values["home"]).items() if not values.get(name)}
        _complete(values)
        _check(values)
        return cls(**values)

    @property
    def development(self) -> bool:
        """True on a developer's own machine."""
        return self.mode == "development"

    @property
    def allowance(self) -> Allowance:
        """Where outgoing requests may go beside the public Internet."""
        return Allowance.of(self.outgoing_allow, loopback=self.development)

    @property
    def mailbox(self) -> Path:
        """Where mail is laid down when no SMTP server is set."""
        return self.home / "mailbox"

    def tenant_url(self, slug: str) -> str:
        """Address of a tenant's portal, without trailing slash."""
        if self.single_tenant:
            return self.public_url
        public = urlsplit(self.public_url)
        port = f":{public.port}" if public.port else ""
        return f"{public.scheme}://{slug}.{self.domain}{port}"

    def secret_key(self) -> bytes:
        """The signing key; made with mode 0600 on first use, so no installation shares one."""
        if self.secret_value:
            return self.secret_value.encode()
        path = Path(self.secret_file) if self.secret_file else self.home / "secret.key"
        secret = read_or_create_secret(path)
        if len(secret) < SMALLEST_SECRET:
            raise SettingsError(f"HANSE_SECRET_FILE: {path} must hold {SMALLEST_SECRET} characters or more")
        return secret.encode()

    def require(self, *names: str) -> Settings:
        """Self, or a SettingsError naming the first of these fields that is empty."""
        for item in fields(self):
            if item.name in names and not getattr(self, item.name):
                raise SettingsError(
                    f"{item.metadata['variable'].name} is not set, and no `hanse up` is running in {self.home}"
                )
        return self

    def environment(self, *, owner: bool) -> dict[str, str]:
        """These settings as variables for a child process; without `owner` it cannot become owner or sealer."""
        withheld = set() if owner else {"owner_database_url", "sealer_database_url"}
        return {
            item.metadata["variable"].name: _written(getattr(self, item.name))
            for item in fields(self)
            if item.name not in withheld and _written(getattr(self, item.name))
        }


def _complete(values: dict[str, Any]) -> None:
    """Defaults that depend on other variables."""
    values["tenant_database_url"] = values["tenant_database_url"] or values["database_url"]
    values["queue_database_url"] = values["queue_database_url"] or values["database_url"]
    values["sealer_database_url"] = values["sealer_database_url"] or values["owner_database_url"]
    values["objects_url"] = values["objects_url"] or f"folder://{values['home'] / 'objects'}"
    if not values["public_url"]:
        production = values["mode"] == "production"
        site = f"https://{values['domain']}" if production else f"http://{values['domain']}:{values['port']}"
        values["public_url"] = site
    values["public_url"] = values["public_url"].rstrip("/")


def _check(values: Mapping[str, Any]) -> None:
    """Mistakes that show only when variables are seen together."""
    try:
        loopback = ip_address(values["bind"]).is_loopback
    except ValueError:
        raise SettingsError(f"HANSE_BIND must be an IP address, got {values['bind']!r}") from None
    if values["mode"] == "development" and not loopback:
        raise SettingsError(
            "HANSE_BIND must be a loopback address in development (mail is readable there); set HANSE_MODE=production"
        )
    if values["secret_value"] and len(values["secret_value"]) < SMALLEST_SECRET:
        raise SettingsError(f"HANSE_SECRET_KEY must have {SMALLEST_SECRET} characters or more")
    masters = [part.strip() for part in values["master_key_value"].split(",") if part.strip()]
    if any(len(part) < SMALLEST_SECRET for part in masters):
        raise SettingsError(f"HANSE_MASTER_KEY: every key must have {SMALLEST_SECRET} characters or more")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def variables() -> list[Variable]:
    """Every documented variable, in the order of the configuration page."""
    return [item.metadata["variable"] for item in fields(Settings)]


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Names that look like settings but are none: most likely misspelt. `hanse doctor` reports them."""
    known = {variable.name for variable in variables()}
    return sorted(name for name in environ if name.startswith("HANSE_") and name not in known)


def _running_stack(home: Path) -> dict[str, str]:
    """Addresses `hanse up` wrote for other shells; nothing when it is not running."""
    try:
        content = json.loads((home / STACK_FILE).read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"HANSE_HOME: cannot read {home / STACK_FILE}: {error}") from error
    return {str(key): str(value) for key, value in content.items()}
