"""What a developer may enter. Each `check_` names the fault in words for the developer, or returns None."""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import pairwise

from borvo.catalogue.scopes import map_scopes
from borvo.kernel.scopes import find_missing
from borvo.kernel.text import Text, say
from borvo.portal.model import (
    FRONT_CHANNEL_GRANTS,
    LASTING_GRANTS,
    REDIRECT_GRANTS,
    AuthMethod,
    GrantType,
    RegisteredClient,
)

SUFFIX_MAXIMUM = 64
PREFIX_MAXIMUM = 64
PREFIX_BYTES = 32
NAME_MAXIMUM = 100
CHOSEN_SECRET_MINIMUM = 20
CHOSEN_SECRET_MAXIMUM = 200
SECRETS_MAXIMUM = 5
DESCRIPTION_MAXIMUM = 500
LIFETIME_MINIMUMS = {"access_token_minutes": 5, "refresh_token_days": 1, "refresh_token_idle_days": 1}
"""By field of the details. Shorter ones would keep an app busy with nothing else."""

LABEL_MAXIMUM = 60
MAX_AGE_MAXIMUM = 999_999
"""Eleven days: no session lasts as long."""

# What everybody tries first, and what stands in examples. NIST SP 800-63B 3.1.1.2 asks for such a list, and forbids
# rules about kinds of characters.
_OBVIOUS_WORDS = (
    "administrator", "changeit", "changeme", "client", "default", "example", "letmein", "passphrase", "password",
    "passwort", "qwertyuiop", "qwerty", "secret", "welcome", "borvo", "lenus",
)  # fmt: skip

_WORD = re.compile(r"[0-9a-z]+")
_DISTINCT_MINIMUM = 8
_DIGITS_READ = 9


class PkceChoice(StrEnum):
    """What the form offers; `automatic` lets the grant types decide."""

    AUTOMATIC = "automatic"
    REQUIRED = "required"
    OPTIONAL = "optional"


def _check_word(text: str, missing: Text, maximum: int) -> str | None:
    if not text:
        return missing
    if len(text) > maximum:
        return say("Use at most %(most)s characters.", most=maximum)
    if _WORD.fullmatch(text) is None:
        return say("Use lower-case letters a to z and digits only.")
    return None


def check_suffix(text: str) -> str | None:
    """Contract 4: the part of the client id that a developer chooses."""
    return _check_word(text, say("Enter the last part of the client id."), SUFFIX_MAXIMUM)


def check_prefix(text: str) -> str | None:
    """Contract 6, row 12: both kinds of prefix, sixty-four hex digits and a readable name."""
    return _check_word(text, say("Enter a prefix."), PREFIX_MAXIMUM)


def check_display_name(text: str) -> str | None:
    """People read it on the consent page, so nothing that changes how a line is read gets in."""
    if not text:
        return say("Enter the name under which people will know the app.")
    if len(text) > NAME_MAXIMUM or not text.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=NAME_MAXIMUM)
    return None


def check_description(text: str) -> str | None:
    """For developers and for people who are asked for consent; lines may be ended, nothing else is formatted."""
    if len(text) > DESCRIPTION_MAXIMUM or not text.replace("\n", "").isprintable():
        return say("Use at most %(most)s ordinary characters.", most=DESCRIPTION_MAXIMUM)
    return None


def check_lifetime(text: str, least: int, most: int) -> str | None:
    """A whole number within the operator's bound; empty for the operator's own."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or not least <= int(text[:_DIGITS_READ]) <= most:
        return say(
            "Enter a whole number from %(least)s to %(most)s, or nothing for %(most)s, which the operator has set.",
            least=least,
            most=most,
        )
    return None


def check_max_age(text: str) -> str | None:
    """Seconds, empty for no limit; 0 asks her each time."""
    if text and (
        not (text.isascii() and text.isdecimal()) or not 0 <= int(text[:_DIGITS_READ]) <= MAX_AGE_MAXIMUM
    ):
        return say("Enter a whole number of seconds from 0 to %(most)s, or nothing.", most=MAX_AGE_MAXIMUM)
    return None


def check_grant_types(grant_types: Collection[GrantType]) -> str | None:
    return None if grant_types else say("Choose at least one way in which the app gets its tokens.")


def check_scopes(scopes: Sequence[str], grant_types: Collection[GrantType]) -> str | None:
    if not scopes:
        return say("Choose at least one scope.")
    if unknown := find_missing(scopes, map_scopes()):
        return say("There is no scope %(scope)s.", scope=unknown[0][:80])
    needs_openid = {GrantType.IMPLICIT, GrantType.HYBRID} & set(grant_types)
    if needs_openid and "openid" not in scopes:
        # OpenID Connect Core 3.2.2.1, 3.3.2.1: both flows answer with an id_token.
        return say(
            "Choose openid as well: %(grant_type)s is a way of signing in.",
            grant_type=min(needs_openid).value,
        )
    if "offline_access" in scopes and LASTING_GRANTS.isdisjoint(grant_types):
        # OpenID Connect Core 11: refresh tokens come with a code only.
        return say("Lasting access (offline_access) needs authorization code, hybrid or device code.")
    return None


def check_public(is_public: bool, grant_types: Collection[GrantType]) -> str | None:
    """RFC 6749 4.4: whoever has no secret cannot act in its own name."""
    if is_public and GrantType.CLIENT_CREDENTIALS in grant_types:
        return say("An app without a secret cannot use client credentials.")
    return None


def check_auth_method(method: AuthMethod, *, is_public: bool, has_keys: bool) -> str | None:
    if is_public and method is not AuthMethod.SECRET:
        return say("An app that cannot keep a secret can keep no key either.")
    if method is AuthMethod.PRIVATE_KEY_JWT and not has_keys:
        return say("Enter the app's public keys below, or the address where it publishes them.")
    return None


def check_key_text(keys: str, address: str) -> str | None:
    """RFC 7591 2: keys by value or by reference, not both."""
    if keys and address:
        return say("Enter the keys or their address, not both.")
    return None


def check_front_channel_tokens(is_allowed: bool, grant_types: Collection[GrantType]) -> str | None:
    if is_allowed and FRONT_CHANNEL_GRANTS.isdisjoint(grant_types):
        return say("Only implicit and hybrid apps can receive access tokens through the browser.")
    return None


def check_bound_tokens(is_bound: bool, allows_front_channel: bool) -> str | None:
    """RFC 9449 5.2: bound tokens or none. Nobody proves anything on the way through a browser."""
    if is_bound and allows_front_channel:
        return say(
            "Access tokens that come through the browser are bound to no key. Choose one or the other."
        )
    return None


def needs_redirect_uri(grant_types: Collection[GrantType]) -> bool:
    return not REDIRECT_GRANTS.isdisjoint(grant_types)


def decide_pkce(choice: PkceChoice, grant_types: Collection[GrantType], *, is_public: bool) -> bool:
    """Contract 7: always for public clients; else on by default for code alone, off for hybrid, whose clients send a
    nonce and no challenge."""
    if is_public:
        return True
    if choice is PkceChoice.AUTOMATIC:
        return GrantType.AUTHORIZATION_CODE in grant_types and GrantType.HYBRID not in grant_types
    return choice is PkceChoice.REQUIRED


def _is_run(text: str) -> bool:
    """Whether most characters follow from the one before, as in abcdef or 987654."""
    steps = [abs(ord(right) - ord(left)) <= 1 for left, right in pairwise(text)]
    return sum(steps) * 2 > len(steps)


def _is_repetition(text: str) -> bool:
    # A text occurs inside its own double, ends cut off, exactly when it repeats a shorter one.
    return text in (text + text)[1:-1]


def _is_guessable(secret: str, names: Collection[str]) -> bool:
    folded = secret.lower()
    rest = folded
    known = {name.lower() for name in names if name}.union(_OBVIOUS_WORDS)
    for name in sorted(known, key=lambda name: (-len(name), name)):
        rest = rest.replace(name, "")
    is_poor = len(set(rest)) < _DISTINCT_MINIMUM
    return is_poor or _is_repetition(folded) or _is_run(folded)


def check_chosen_secret(secret: str, names: Collection[str]) -> str | None:
    """`names` are what everybody knows of the client: a secret made of little else is none."""
    if len(secret) < CHOSEN_SECRET_MINIMUM:
        return say(
            "Use at least %(least)s characters, best from a password generator.", least=CHOSEN_SECRET_MINIMUM
        )
    if len(secret) > CHOSEN_SECRET_MAXIMUM:
        return say("Use at most %(most)s characters.", most=CHOSEN_SECRET_MAXIMUM)
    if not (secret.isascii() and secret.isprintable()):  # RFC 6749 A.2
        return say(
            "Use letters, digits and signs of the ASCII set only; others do not survive every client library."
        )
    if secret != secret.strip():
        return say("Remove the spaces at the ends; they get lost when copied.")
    if _is_guessable(secret, names):
        return say("This is too easy to guess. Let a password generator make one, or generate one here.")
    return None


def check_label(label: str) -> str | None:
    """What tells one secret from another on the page; it may be empty."""
    if len(label) > LABEL_MAXIMUM or not label.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=LABEL_MAXIMUM)
    return None


def confirms_removal(client: RegisteredClient, typed: str) -> bool:
    """Whether what was typed says that the last secret shall go: the last part of the client id."""
    return typed.strip().lower() == client.suffix
