"""Words: nouns to paths, identifiers that are safe in SQL and URLs."""

import re

SCHEMA_NAME = re.compile(r"^[a-z][a-z0-9_]{0,40}$")
SLUG = re.compile(r"^[a-z](?:[a-z0-9]|-(?!-)){1,38}[a-z0-9]$")
RESERVED_SLUGS = frozenset(
    [
        "www",
        "api",
        "app",
        "admin",
        "mail",
        "smtp",
        "ftp",
        "static",
        "assets",
        "cdn",
        "help",
        "docs",
        "support",
        "status",
        "billing",
        "login",
        "signup",
        "auth",
        "oauth",
        "dev",
        "test",
        "staging",
        "demo",
        "root",
        "system",
        "platform",
        "hanse",
        "portal",
        "public",
        "private",
        "internal",
        "localhost",
    ]
)


def is_schema_name(name: str) -> bool:
    """True for a name that may be spliced into the routing statement."""
    return SCHEMA_NAME.fullmatch(name) is not None


def plural(noun: str) -> str:
    """English plural of a snake_case noun: party -> parties, tax -> taxes, order -> orders."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun + "es"
    return noun + "s"


def path_of(noun: str) -> str:
    """The path segment of a noun's collection: credit_note -> credit-notes."""
    return plural(noun).replace("_", "-")
