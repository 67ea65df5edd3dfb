"""E-mail addresses as identities know them: in lower case, one form for one mailbox."""

import re

from app.kernel.errors import Invalid

EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+")
LONGEST = 254


def is_email(email: str) -> bool:
    """Whether the text has the form of an address; whether it exists only a mail can tell."""
    return len(email) <= LONGEST and email.isprintable() and EMAIL.fullmatch(email) is not None


def normalised(email: str) -> str:
    """The address in lower case; Invalid `identity.email_form` at `email`."""
    email = email.strip().lower()
    if not is_email(email):
        raise Invalid("identity.email_form", field="email")
    return email
