"""What a person may tell about herself. Each `check_` names the fault in words for her, or returns None; what is
left empty is never a fault."""

import re
from collections.abc import Collection
from datetime import date
from urllib.parse import urlsplit

from borvo.kernel.text import say

LINE_MAXIMUM = 100
URL_MAXIMUM = 1000
STREET_MAXIMUM = 300
STREET_LINES = 5
EARLIEST_YEAR = 1900

# The most that E.164 allows; less than seven digits with the country code reaches nobody.
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_MARKS = str.maketrans("", "", " \u00a0-./()")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)
_BIRTHDATE = re.compile(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
# RFC 5646 2.1 without extensions: language, script, region, variants.
_LOCALE = re.compile(
    r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*", re.IGNORECASE
)


def check_line(text: str) -> str | None:
    """One line of whatever the person likes."""
    if len(text) > LINE_MAXIMUM or not text.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=LINE_MAXIMUM)
    return None


def check_street(text: str) -> str | None:
    """A few lines, parted by newlines."""
    lines = text.split("\n")
    if len(lines) > STREET_LINES or len(text) > STREET_MAXIMUM:
        return say(
            "Use at most %(lines)s lines and %(most)s characters.", lines=STREET_LINES, most=STREET_MAXIMUM
        )
    if not all(line.isprintable() for line in lines):
        return say("Use ordinary characters only.")
    return None


def check_url(text: str) -> str | None:
    """An address that a client may show as a link or load as a picture, so nothing but http and https."""
    if not text:
        return None
    if len(text) > URL_MAXIMUM:
        return say("Use at most %(most)s characters.", most=URL_MAXIMUM)
    return None if _is_web_address(text) else say("Enter a web address such as https://example.org/me.")


def _is_web_address(text: str) -> bool:
    # What a browser would strip or turn round before it reads the address has no place in one.
    if not text.isprintable() or " " in text or "\\" in text:
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        return False
    if ":" in host:
        host = f"[{host}]"
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and bool(_HOST.fullmatch(host))


def check_birthdate(text: str, today: date) -> str | None:
    """A day or a year alone (OpenID Connect Core 5.1), real and past."""
    if not text:
        return None
    if _BIRTHDATE.fullmatch(text) is None:
        return say("Enter a date as year, month and day, or the year alone, such as 1970.")
    try:
        born = date.fromisoformat(text if "-" in text else f"{text}-01-01")
    except ValueError:
        return say("There is no such day.")
    if born > today:
        return say("This lies in the future.")
    return say("Enter a year from %(year)s on.", year=EARLIEST_YEAR) if born.year < EARLIEST_YEAR else None


def check_birth_year(year: str, birthdate: str, today: date) -> str | None:
    """The year alone; beside a whole date it must be the date's own."""
    if "-" in year:
        return say("Enter the four digits of the year.")
    if year and birthdate and not birthdate.startswith(f"{year}-"):
        return say("This is another year than that of the date.")
    return check_birthdate(year, today)


def check_zone(text: str, known: Collection[str]) -> str | None:
    """A zone of the IANA database. Where the machine knows none at all, what is spelt like one."""
    if not text:
        return None
    is_known = text in known if known else len(text) <= LINE_MAXIMUM and bool(_ZONE.fullmatch(text))
    return None if is_known else say("Choose a time zone from the list, such as Europe/London.")


def check_locale(text: str) -> str | None:
    """BCP 47 (RFC 5646)."""
    if text and (len(text) > LINE_MAXIMUM or _LOCALE.fullmatch(text) is None):
        return say("Enter a language such as en or en-GB.")
    return None


def normalize_locale(text: str) -> str:
    """The usual spelling (RFC 5646 2.1.1): `en-GB`, `zh-Hant-TW`. The underscore of other systems is taken too."""
    first, *rest = text.replace("_", "-").split("-")
    return "-".join([first.lower(), *(_spell_subtag(part) for part in rest)])


def _spell_subtag(part: str) -> str:
    if len(part) == 2:  # noqa: PLR2004  (a region)
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()  # noqa: PLR2004  (a script)


def check_phone_number(text: str) -> str | None:
    """E.164, as OpenID Connect Core 5.1 advises, after `normalize_phone_number`."""
    if text and _PHONE.fullmatch(text) is None:
        return say("Enter the number with + and the country code, such as +44 20 7946 0000.")
    return None


def normalize_phone_number(text: str) -> str:
    """Without the marks by which people part the digits."""
    return text.translate(_PHONE_MARKS)
