"""Device authorization: RFC 8628."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidGrantError, UnauthorizedClientError

from borvo.accounts.public import Limit, Login
from borvo.identity import device_store
from borvo.identity.device import (
    DEVICE_LIFETIME,
    POLL_INTERVAL,
    DeviceAuthorization,
    create_user_code,
    normalize_user_code,
    show_user_code,
)
from borvo.identity.engine import Facts
from borvo.identity.model import Grantor
from borvo.identity.resources import read_resources
from borvo.identity.service.authentication import (
    ClientRequest,
    TokenAnswer,
    refuse,
    refuse_flood,
    refuse_guessing,
    require_client,
)
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.consents import allow_client
from borvo.identity.service.families import keep_issued
from borvo.identity.service.proving import use_proof
from borvo.identity.service.refusals import note_answer
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token
from borvo.kernel.errors import InvalidInputError, TooManyRequestsError
from borvo.kernel.scopes import Scopes, keep_allowed, parse_scopes
from borvo.kernel.text import say
from borvo.portal.public import ClientPresentation, RegisteredClient, load_client, load_presentation
from borvo.storage.database import Connection

DEVICE_PATH = "/account/device"
_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER = 5

DEVICES = Limit("device", 200)
"""By network, of clients without a secret: whoever knows a client id may begin, and each beginning is kept."""


async def begin_device_authorization(identity: Identity, request: ClientRequest) -> TokenAnswer:
    """RFC 8628 3.1 and 3.2: a code for the device, and one for the person."""
    facts = None
    try:
        facts = await require_client(identity, request)
        client, scopes = _check_request(facts)
        resources = read_resources(facts.parameters, facts.issuer)
    except TooManyRequestsError as error:
        return refuse_guessing(error)
    except OAuth2Error as error:
        answer = refuse(error)
        note_answer(identity, "device authorization", request, facts, answer.body)
        return answer
    end = facts.now + DEVICE_LIFETIME
    device = DeviceAuthorization(
        client.client_id, scopes, end, POLL_INTERVAL, None, None, None, resources=resources
    )
    device_code = create_token(identity.entropy)
    if client.is_public:
        try:
            await identity.client_limiter.spend(DEVICES, client.client_id, request.network, facts.now)
        except TooManyRequestsError as error:
            return refuse_flood(error)
    async with identity.database.transaction() as connection:
        user_code = await _insert(identity, connection, device_code, device)
    uri = identity.issuer + DEVICE_PATH
    return TokenAnswer(
        200,
        {
            "device_code": device_code,
            "user_code": show_user_code(user_code),
            "verification_uri": uri,
            "verification_uri_complete": f"{uri}?{urlencode({'user_code': show_user_code(user_code)})}",
            "expires_in": int(DEVICE_LIFETIME.total_seconds()),
            "interval": POLL_INTERVAL,
        },
        {},
    )


def _check_request(facts: Facts) -> tuple[RegisteredClient, Scopes]:
    client = facts.client
    if client is None or not client.check_grant_type(_GRANT_TYPE):
        raise UnauthorizedClientError("The client is not registered for device_code.")
    return client.registered, parse_scopes(client.get_allowed_scope(facts.parameters.get("scope")))


async def _insert(
    identity: Identity, connection: Connection, device_code: str, device: DeviceAuthorization
) -> str:
    """The user code; another one is drawn while somebody else has the same."""
    while True:
        user_code = create_user_code(identity.entropy)
        codes = device_store.DeviceCodes(digest_token(device_code), digest_token(user_code))
        if await device_store.insert_device(connection, codes, device, identity.clock()):
            return user_code


async def redeem_device_code(
    identity: Identity, facts: Facts, run_engine: Callable[[Facts], TokenAnswer]
) -> TokenAnswer:
    """RFC 8628 3.4: tokens once the person has allowed it; until then the device is told to wait. Raises
    `OAuth2Error`."""
    digest = digest_token(facts.parameters.get("device_code") or "")
    async with identity.database.transaction() as connection:
        facts.device = await device_store.load_device(connection, digest)
        answer = run_engine(facts)
        device, client = facts.device, facts.client
        if device is None or client is None or device.client_id != client.client_id:
            return answer
        if "access_token" not in answer.body or device.login is None:
            await _note_poll(connection, facts, device, digest)
            return answer
        await use_proof(connection, facts)
        if not await device_store.redeem_device(connection, digest, facts.now):
            return refuse(InvalidGrantError("The device_code is not valid."))
        grantor = Grantor(device.login, device.consent_version, resources=device.resources)
        await keep_issued(connection, facts, grantor, client.registered.client_key, device.scopes)
        return answer


async def _note_poll(
    connection: Connection, facts: Facts, device: DeviceAuthorization, digest: bytes
) -> None:
    # RFC 8628 3.5: slow_down makes the interval five seconds longer, for good.
    seconds = device.interval + (_SLOWER if device.is_too_fast(facts.now) else 0)
    await device_store.note_poll(connection, digest, min(seconds, 60), facts.now)


@dataclass(frozen=True, slots=True)
class DeviceQuestion:
    """What the person is asked: whether this client may have these scopes on a device."""

    user_code: str
    client: RegisteredClient
    presentation: ClientPresentation
    scopes: Scopes


class UnknownUserCodeError(InvalidInputError):
    """The code is unknown, has expired, or was decided before."""


_UNKNOWN = say("This code is not known, or no longer. Check it, or let the device show you a new one.")


async def find_question(identity: Identity, text: str) -> DeviceQuestion:
    """Raises `UnknownUserCodeError`. Whoever calls limits how often a person may try (RFC 8628 5.1)."""
    user_code = normalize_user_code(text)
    if user_code is None:
        raise UnknownUserCodeError(_UNKNOWN)
    async with identity.database.connection() as connection:
        device = await device_store.load_waiting_device(connection, digest_token(user_code), identity.clock())
        client = await load_client(connection, device.client_id) if device else None
        if device is None or client is None or client.is_disabled:
            raise UnknownUserCodeError(_UNKNOWN)
        presentation = await load_presentation(connection, client.client_key)
    scopes = keep_allowed(device.scopes, client.scopes)
    return DeviceQuestion(show_user_code(user_code), client, presentation, scopes)


async def decide_device(
    identity: Identity, question: DeviceQuestion, login: Login, granted: Scopes | None
) -> None:
    """`granted` is None when the person declined. Raises `UnknownUserCodeError` when it was decided meanwhile."""
    digest, now = digest_token(normalize_user_code(question.user_code) or ""), identity.clock()
    async with identity.database.transaction() as connection:
        if granted is None:
            is_first = await device_store.decline_device(connection, digest, now)
        else:
            declined = tuple(scope for scope in question.scopes if scope not in granted)
            consent = await allow_client(identity, connection, login, question.client, granted, declined)
            is_first = await device_store.allow_device(
                connection, digest, login, granted, consent.version, now
            )
        if not is_first:
            raise UnknownUserCodeError(_UNKNOWN)
