"""A mail as a value, checked when it is made."""

import re
from dataclasses import dataclass
from email.headerregistry import Address

from borvo.languages.catalogues import SOURCE

_SUBJECT_MAXIMUM = 200
_ADDRESS_MAXIMUM = 254
# RFC 5321 4.1.2: dot-string at a domain.
_ATOM = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f\s])+"
_LABEL = r"(?:[A-Za-z0-9-]|[^\x00-\x7f\s])+"
_LINK = re.compile(r"https?://[!-;=?-~]+")
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_address(text: str) -> bool:
    """Whether mail can be sent to it, as far as its form tells."""
    return len(text) <= _ADDRESS_MAXIMUM and _ADDRESS.fullmatch(text) is not None and text.isprintable()


def parse_address(text: str) -> Address:
    """One bare address; raises ValueError for anything that a mail server could read otherwise, and for the rare
    addresses that need quotes. Letters beyond ASCII may stand anywhere (RFC 6531 3.3)."""
    if not is_address(text):
        raise ValueError("this is no address")
    name, _, domain = text.rpartition("@")
    return Address(username=name, domain=domain)


@dataclass(frozen=True, slots=True)
class Mail:
    """Plain text to one person, in `language`. `unsubscribe` is where one POST ends mails of this sort (RFC 8058).
    Raises ValueError for what could end a header."""

    to: str
    subject: str
    text: str
    unsubscribe: str = ""
    language: str = SOURCE

    def __post_init__(self) -> None:
        parse_address(self.to)
        if not self.subject.isprintable() or not 0 < len(self.subject) <= _SUBJECT_MAXIMUM:
            raise ValueError("a subject is one short line")
        if self.unsubscribe and _LINK.fullmatch(self.unsubscribe) is None:
            raise ValueError("a link is an address by http or https")
