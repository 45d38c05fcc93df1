"""How a request goes on once its person has signed in: by the id under which it waits, or by the address by which it
came, which says all that there is to it: decision 0095."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from borvo.identity.engine import Facts
from borvo.identity.model import FIELD_LIMIT, Consent, Parameters
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.demands import is_sign_in_demanded
from borvo.identity.service.request_objects import has_object
from borvo.identity.service.waiting import (
    AUTHORIZE_PATH,
    CONTINUE_PATH,
    Waiting,
    find_request_id,
    load_waiting,
)
from borvo.kernel.ids import PersonId
from borvo.web.forms import parse_fields

# When it came first nobody knows, so that no sign-in counts as one that it asked for.
_NEVER = datetime.max.replace(tzinfo=UTC)


def find_repetition(facts: Facts, waiting: Waiting) -> str | None:
    """The address by which the same request comes again; None for one that has to wait, since it came otherwise, or
    would ask her once more to sign in."""
    if not waiting.is_plain or is_sign_in_demanded(facts):
        return None
    return name_repetition(waiting.parameters)


def name_repetition(parameters: Parameters) -> str:
    """The address by which a browser brings them."""
    return f"{AUTHORIZE_PATH}?{urlencode(parameters.pairs)}"


def read_repetition(query: str) -> Parameters | None:
    """What comes by this query; None for what cannot be read there, and for what is said in an object or by a name,
    which is never repeated."""
    if "#" in query:
        # A browser would keep to itself what follows.
        return None
    try:
        parameters = Parameters(tuple(parse_fields(query.encode(), limit=FIELD_LIMIT)))
    except ValueError:
        return None
    return None if has_object(parameters) else parameters


async def load_continuation(
    identity: Identity, return_to: str, person_id: PersonId | None
) -> tuple[Waiting, Facts, Consent | None] | None:
    """The request that goes on by this address, with the facts of the exchange, the client among them, and what the
    person allows the client; None where none does. No connection may be in hand. Raises `AuthorizationRefusedError` for
    a request that waits no more."""
    path, _, query = return_to.partition("?")
    if path == AUTHORIZE_PATH:
        return await _repeat(identity, query, person_id)
    request_id = find_request_id(query.removeprefix("request=")) if path == CONTINUE_PATH else None
    return await load_waiting(identity, request_id, person_id) if request_id else None


async def _repeat(
    identity: Identity, query: str, person_id: PersonId | None
) -> tuple[Waiting, Facts, Consent | None] | None:
    parameters = read_repetition(query)
    if parameters is None:
        return None
    facts, consent = await identity.gather_party(parameters, person_id)
    return Waiting("", parameters, _NEVER, is_plain=True), facts, consent
