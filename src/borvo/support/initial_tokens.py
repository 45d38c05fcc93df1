"""What support does with initial access tokens. Each answers with a sentence for whoever gave the command."""

from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.portal import public as portal
from borvo.portal.public import InitialTerms, InitialToken, Portal

_OPTIONS = {"label": "--label", "days": "--days", "most": "--clients"}


async def create_initial_token(developers: Portal, name: str, label: str, days: int, clients: int) -> str:
    """The token alone, so that a script can take it. Raises `NotFoundError`, and `InvalidInputError` that names the
    option."""
    try:
        terms = InitialTerms(label.strip(), days, clients)
        return (await portal.make_initial_token_by_support(developers, name, terms)).reveal()
    except InvalidInputError as error:
        faults = [
            f"{_OPTIONS.get(field, field)}: {fault}"
            for field, faults in error.errors.items()
            for fault in faults
            if field in _OPTIONS
        ]
        raise InvalidInputError(" ".join([error.public, *faults]), error.errors) from error


def _describe(token: InitialToken) -> str:
    numbers = f"registered {token.made} of {token.most}  expires {token.expires_at:%Y-%m-%d %H:%M}"
    return f"{token.id}  ...{token.ending}  {token.label}  {numbers}  by {token.maker or 'support'}"


async def list_initial_tokens(developers: Portal, name: str) -> str:
    """One line a token, newest first. Raises `NotFoundError`."""
    tokens = await portal.list_initial_tokens_for_support(developers, name)
    return "\n".join(map(_describe, tokens)) or f"The tenancy {name} has no initial access tokens."


async def revoke_initial_token(developers: Portal, name: str, token_id: str) -> str:
    """Raises `NotFoundError`."""
    await portal.revoke_initial_token_by_support(developers, name, parse_uuid(token_id))
    return say("The token registers nothing any more. The clients that it registered are still there.")
