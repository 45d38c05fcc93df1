"""Which language somebody gets who would like some others."""

import re
from collections.abc import Iterable
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from borvo.languages.catalogues import SOURCE, TAGS, load_catalogue
from borvo.languages.language import Language

_TAG = re.compile(r"([a-z]{1,8})(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
_REGION = re.compile(r"-([a-z]{2})(?:-|$)", re.IGNORECASE)
_WEIGHTED = re.compile(r"([a-z0-9-]+)(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE)
_MOST_WISHES = 20
# Days before months and a clock of 24 hours, where nobody said which English.
_USUAL = {"en": "en_GB"}


@lru_cache(maxsize=256)
def _load(tag: str, region: str) -> Language:
    usual = _USUAL.get(tag, tag)
    try:
        locale = Locale.parse(f"{tag}_{region}" if region else usual)
    except (ValueError, UnknownLocaleError):
        locale = Locale.parse(usual)
    return Language(tag, locale, load_catalogue(tag))


def find_language(wish: str) -> Language | None:
    """By a tag of RFC 5646, of any region; None when there is no catalogue for it."""
    found = _TAG.fullmatch(wish)
    tag = found[1].lower() if found else ""
    if tag not in TAGS:
        return None
    region = _REGION.search(wish)
    return _load(tag, region[1].upper() if region else "")


def choose_language(wishes: Iterable[str], default: str = SOURCE) -> Language:
    """The first that there is of those wished, the dearest first; else the default, which is one of `TAGS`."""
    found = (find_language(wish) for wish in wishes)
    return next((language for language in found if language is not None), None) or _load(default, "")


def list_languages() -> list[Language]:
    return [_load(tag, "") for tag in TAGS]


def read_tags(text: str) -> list[str]:
    """Of a list parted by spaces, the dearest first (OpenID Connect Core 3.1.2.1: ui_locales)."""
    return text.split()[:_MOST_WISHES]


def read_accepted(header: str) -> list[str]:
    """The tags of Accept-Language, the dearest first; whatever is malformed is passed over."""
    weighted = []
    for part in header.split(",")[:_MOST_WISHES]:
        found = _WEIGHTED.fullmatch(part.strip())
        # RFC 9110 12.4.2: a weight of 0 means "not acceptable".
        if found and (weight := float(found[2] or 1)) > 0:
            weighted.append((weight, found[1]))
    return [tag for _, tag in sorted(weighted, key=lambda each: -each[0])]
