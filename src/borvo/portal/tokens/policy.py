"""What personal access tokens may do, and what may be asked of a new one. Pure rules."""

from collections.abc import Collection

from borvo.kernel.text import say
from borvo.portal.policy import LABEL_MAXIMUM
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.model import LIFETIMES, TokenScope

TOKENS_MAXIMUM = 20
"""Of one person in one tenancy; expired ones do not count."""

_DEEDS = {
    TokenScope.CLIENTS_READ: Deed.READ,
    TokenScope.CLIENTS_WRITE: Deed.CHANGE_CLIENTS,
    TokenScope.CLIENTS_DELETE: Deed.DELETE_CLIENTS,
    TokenScope.SECRETS_WRITE: Deed.CHANGE_SECRETS,
    TokenScope.AUDIT_READ: Deed.READ_TRAIL,
}
_SCOPES = {deed: scope for scope, deed in _DEEDS.items()}
_WORDS = {
    TokenScope.CLIENTS_READ: say("See the clients and the tenancy. Part of every token."),
    TokenScope.CLIENTS_WRITE: say("Register, change, disable and enable clients, and mark them live."),
    TokenScope.CLIENTS_DELETE: say("Delete clients, and restore them; for owners."),
    TokenScope.SECRETS_WRITE: say("Add and revoke client secrets."),
    TokenScope.AUDIT_READ: say("Read the audit trail, which names the people of the team."),
}


def describe_scope(scope: TokenScope) -> str:
    return _WORDS[scope]


def find_deed(scope: TokenScope) -> Deed:
    return _DEEDS[scope]


def complete_scopes(scopes: Collection[TokenScope]) -> tuple[TokenScope, ...]:
    """With the reading that all others rest on, in a lasting order."""
    return tuple(scope for scope in TokenScope if scope in scopes or scope is TokenScope.CLIENTS_READ)


def find_scope(deed: Deed) -> TokenScope | None:
    """What a token needs for the deed; None for what no token does: that takes a person who is signed in."""
    return _SCOPES.get(deed)


def check_token_label(label: str) -> str | None:
    if not label:
        return say("Say what the token is for, such as the name of the pipeline.")
    if len(label) > LABEL_MAXIMUM or not label.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=LABEL_MAXIMUM)
    return None


def check_token_days(days: int | None) -> str | None:
    return None if days in LIFETIMES else say("Choose one of the lifetimes.")


def check_token_room(live: int) -> str | None:
    if live < TOKENS_MAXIMUM:
        return None
    return say("You have %(most)s tokens in this tenancy. Revoke one first.", most=TOKENS_MAXIMUM)
