"""What a browser calls itself, in words a person knows: `Chrome · Windows`."""

from functools import lru_cache

from ua_parser import parse

LONGEST = 100


@lru_cache(maxsize=512)
def device_name(user_agent: str) -> str:
    """Browser and system, as far as they are known; the beginning of what was sent for strangers."""
    found = parse(user_agent[:400])
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if not browser or not system:
        return (browser or system or user_agent).strip()[:LONGEST] or "–"
    return f"{browser} · {system}"[:LONGEST]
