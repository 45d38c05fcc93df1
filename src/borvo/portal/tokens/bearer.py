"""A person as she acts through a personal access token: whatever looks at what she may looks at the token, too."""

from dataclasses import dataclass, fields
from uuid import UUID

from borvo.accounts.public import Person
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import TenancyId
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.model import TokenScope
from borvo.portal.tokens.policy import find_scope

REALM = 'Bearer realm="portal"'


@dataclass(frozen=True, slots=True)
class TokenReach:
    """The token that somebody acts through: the one tenancy that it opens, and what it may do there."""

    id: UUID
    tenancy_id: TenancyId
    scopes: frozenset[TokenScope]
    name: str


@dataclass(frozen=True, slots=True)
class Bearer(Person):
    """The token's owner. Use cases take her as any person; the one way into a tenancy tells her apart."""

    token: TokenReach


_PERSON = tuple(field.name for field in fields(Person))


def build_bearer(person: Person, token: TokenReach) -> Bearer:
    return Bearer(**{name: getattr(person, name) for name in _PERSON}, token=token)


def reaches(person: Person, tenancy_id: TenancyId) -> bool:
    """Whoever is signed in reaches all that she is a member of, a token its own tenancy."""
    return not isinstance(person, Bearer) or person.token.tenancy_id == tenancy_id


def check_scope(person: Person, deed: Deed) -> None:
    """Raises `ForbiddenError` when she acts through a token that was not made for the deed."""
    if not isinstance(person, Bearer):
        return
    scope = find_scope(deed)
    if scope is None:
        raise ForbiddenError("A personal access token cannot do this. Sign in to the portal.")
    if scope not in person.token.scopes:
        # RFC 6750 3.1: the challenge says which scope would do.
        challenge = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        raise ForbiddenError(f"This token lacks the scope {scope}.", challenge=challenge)


def describe_way(person: Person) -> str:
    """What the audit trail says of how she acted; empty for who was signed in."""
    return person.token.name if isinstance(person, Bearer) else ""
