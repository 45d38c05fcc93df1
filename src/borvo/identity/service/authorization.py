"""The authorization endpoint: RFC 6749 3.1, OpenID Connect Core 3.1.2 and 3.3.2."""

from typing import Any, TypeGuard

from authlib.oauth2 import OAuth2Error
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError

from borvo.accounts.public import Login, build_sign_in_url
from borvo.identity import request_store
from borvo.identity.claims import find_scopes
from borvo.identity.engine import Facts, ProtocolClient
from borvo.identity.model import (
    Consent,
    Grantor,
    Parameters,
    find_response_mode,
    is_profile_needed,
    list_claims,
)
from borvo.identity.responses import AuthorizationResponse, build_response, find_form_target
from borvo.identity.service.arriving import check_manner, receive_request
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.consents import allow_client
from borvo.identity.service.continuing import find_repetition, load_continuation
from borvo.identity.service.counting import count_sign_in
from borvo.identity.service.decision import Decision
from borvo.identity.service.demands import must_ask_anew, must_sign_in, read_claims_request
from borvo.identity.service.effects import keep_granted
from borvo.identity.service.outcomes import (
    ConsentNeeded,
    Lack,
    Outcome,
    Question,
    SignInNeeded,
    StepUpNeeded,
    Verdict,
)
from borvo.identity.service.refusals import note_error
from borvo.identity.service.step_up import must_step_up
from borvo.identity.service.subjects import load_subject
from borvo.identity.service.validation import (
    NOBODY_IS_ASKED,
    check_destination,
    describe_destination,
    find_client,
    validate_request,
)
from borvo.identity.service.waiting import (
    Waiting,
    consume_waiting,
    keep_waiting,
    load_waiting,
    name_continuation,
)
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import PersonId
from borvo.kernel.scopes import Scopes, keep_allowed, parse_scopes, render_scopes
from borvo.portal.public import load_presentation
from borvo.storage.database import Connection
from borvo.web.addresses import RETURN_MAXIMUM

# RFC 5321 4.5.3.1.3: no address of mail has more octets.
_HINT_LIMIT = 254


def _refuse(
    identity: Identity, facts: Facts, client: ProtocolClient, error: OAuth2Error
) -> AuthorizationResponse:
    note_error(identity, facts, error.get_body())
    return _answer(facts, client, error.get_body())


async def authorize(identity: Identity, parameters: Parameters, login: Login | None) -> Outcome:
    """A request that has just come."""
    waiting = await receive_request(identity, parameters)
    facts, consent = await identity.gather_party(waiting.parameters, _identify(login))
    return await _proceed(identity, waiting, facts, login, consent)


def _identify(login: Login | None) -> PersonId | None:
    return login.person.id if login else None


async def resume(identity: Identity, request_id: str, login: Login | None) -> Outcome:
    """A request that waited until the person signed in; raises `AuthorizationRefusedError` when it is gone."""
    waiting, facts, consent = await load_waiting(identity, request_id, _identify(login))
    return await _proceed(identity, waiting, facts, login, consent)


async def settle(identity: Identity, return_to: str, login: Login) -> AuthorizationResponse | None:
    """The answer to the request that goes on by this address for the person who has just signed in. None, with nothing
    done, where there is none or a page is needed: for her to be asked or to prove more, or to post the answer. Raises
    `AuthorizationRefusedError`, and tells no developer, since the address itself will."""
    found = await load_continuation(identity, return_to, login.person.id)
    if found is None:
        return None
    waiting, facts, consent = found
    if find_response_mode(waiting.parameters) == "form_post":
        return None
    client, _ = check_destination(facts)
    verdict = await _judge(identity, facts, client, waiting, login, consent)
    return verdict if isinstance(verdict, AuthorizationResponse) else None


async def _proceed(
    identity: Identity, waiting: Waiting, facts: Facts, login: Login | None, consent: Consent | None
) -> Outcome:
    client = find_client(identity, facts)
    verdict = await _judge(identity, facts, client, waiting, login, consent)
    match verdict:
        case Lack.SIGN_IN:
            return await _need_sign_in(identity, facts, waiting)
        case Lack.STEP_UP:
            return StepUpNeeded(name_continuation(await _keep(identity, waiting)))
        case Question():
            return await _ask(identity, client, waiting, verdict)
        case _:
            return verdict


async def _judge(
    identity: Identity,
    facts: Facts,
    client: ProtocolClient,
    waiting: Waiting,
    login: Login | None,
    consent: Consent | None,
) -> Verdict:
    facts.fault = waiting.explanation
    try:
        check_manner(waiting, client)
        grant = validate_request(facts, login)
        return await _decide(identity, facts, grant, waiting, login, consent)
    except OAuth2Error as error:
        if waiting.id:
            async with identity.database.connection() as connection:
                await request_store.consume_request(connection, digest_token(waiting.id))
        return _refuse(identity, facts, client, error)


async def _decide(
    identity: Identity,
    facts: Facts,
    grant: Any,
    waiting: Waiting,
    login: Login | None,
    consent: Consent | None,
) -> Verdict:
    parameters, client = waiting.parameters, grant.request.client.registered
    is_silent = "none" in parameters.prompts
    if login is None or must_sign_in(facts, waiting.asked_at, login):
        if is_silent:
            raise LoginRequiredError(NOBODY_IS_ASKED)
        return Lack.SIGN_IN
    if await must_step_up(identity.database, facts, login):
        return Lack.STEP_UP
    asked = _list_asked(facts, grant)
    must_ask = "consent" in parameters.prompts or must_ask_anew(facts, client)
    if not _is_answered(consent, asked) or must_ask:
        if is_silent:
            raise ConsentRequiredError(NOBODY_IS_ASKED)
        return Question(asked, consent.declined if consent and not consent.is_withdrawn else frozenset())
    return await _grant(identity, None, facts, grant, login, consent, waiting)


async def _need_sign_in(identity: Identity, facts: Facts, waiting: Waiting) -> SignInNeeded:
    hint = facts.parameters.get("login_hint") or ""
    # Beside it in an address there is room for the request that waits.
    shortened = hint.encode(errors="ignore")[:_HINT_LIMIT].decode(errors="ignore")
    return_to = find_repetition(facts, waiting)
    page = build_sign_in_url(return_to, login_hint=shortened) if return_to else ""
    # It waits as well when it is too long for an address to which the choice of a language leads back.
    if not return_to or len(page) > RETURN_MAXIMUM:
        return_to = name_continuation(await _keep(identity, waiting))
        page = build_sign_in_url(return_to, login_hint=shortened)
    return SignInNeeded(page, return_to, shortened, describe_destination(facts))


async def _ask(
    identity: Identity, client: ProtocolClient, waiting: Waiting, question: Question
) -> ConsentNeeded:
    request_id = await _keep(identity, waiting)
    async with identity.database.connection() as connection:
        presentation = await load_presentation(connection, client.registered.client_key)
    return ConsentNeeded(
        request_id,
        client.registered,
        question.scopes,
        find_form_target(waiting.parameters.get("redirect_uri") or ""),
        presentation,
        question.declined,
        waiting.parameters.get("ui_locales") or "",
    )


async def _keep(identity: Identity, waiting: Waiting) -> str:
    if waiting.id:
        return waiting.id
    async with identity.database.connection() as connection:
        return await keep_waiting(identity, connection, waiting)


def _list_asked(facts: Facts, grant: Any) -> Scopes:
    """What the person must have been asked: the scopes, and those that bring the claims named one by one."""
    registered = grant.request.client.registered
    requested = read_claims_request(facts.parameters).keep(registered.scopes)
    extra = keep_allowed(registered.scopes, find_scopes(requested))
    return tuple(dict.fromkeys((*parse_scopes(grant.request.scope), *extra)))


def _is_answered(consent: Consent | None, asked: Scopes) -> TypeGuard[Consent]:
    """Whether she has said something to each, and not no to all."""
    return consent is not None and consent.covers(asked) and not consent.scopes.isdisjoint(asked)


async def keep_request(identity: Identity, parameters: Parameters) -> str | AuthorizationResponse:
    """Lets a request that came by POST wait, so that it goes on with the cookies that only a GET carries; the id, or
    the answer where it is refused at once."""
    waiting = await receive_request(identity, parameters)
    async with identity.database.connection() as connection:
        # Nothing is stored for strangers.
        facts = await identity.gather_facts(connection, waiting.parameters)
        client = find_client(identity, facts)
        facts.fault = waiting.explanation
        try:
            check_manner(waiting, client)
        except OAuth2Error as error:
            return _refuse(identity, facts, client, error)
        return await keep_waiting(identity, connection, waiting)


async def _grant(
    identity: Identity,
    connection: "Connection | None",
    facts: Facts,
    grant: Any,
    login: Login,
    consent: Consent,
    waiting: Waiting,
) -> AuthorizationResponse:
    """What the person allowed of what was asked; `scope` in the answer says so (RFC 6749 3.3)."""
    granted = keep_allowed(parse_scopes(grant.request.scope), consent.scopes)
    grant.request.scope = render_scopes(granted)
    requested = read_claims_request(facts.parameters).keep(consent.scopes)
    # OpenID Connect Core 5.4: with an id token alone, it carries what the scopes bring.
    told = granted if facts.parameters.response_type == "id_token" else ()
    claims = list_claims(told, requested.id_token)
    if is_profile_needed(claims):
        async with identity.database.borrow(connection) as borrowed:
            facts.subject = await load_subject(borrowed, login.person.id, claims)
    answer = grant.create_granted_params(Grantor(login, consent.version, requested))
    identity.usage.note(grant.request.client.registered.client_key)
    await keep_granted(identity, connection, facts, grant.request.client.registered, login, waiting)
    count_sign_in(identity, grant.request.client.client_id, answer)
    identity.consent_uses.note(
        login.person.id, grant.request.client.client_id, consent.version, identity.clock()
    )
    return _answer(facts, grant.request.client, answer)


def _answer(facts: Facts, client: ProtocolClient, parameters: Any) -> AuthorizationResponse:
    return build_response(
        facts.parameters.get("redirect_uri") or "",
        find_response_mode(facts.parameters),
        parameters,
        issuer=facts.issuer,
        state=facts.parameters.get("state"),
        client_name=client.registered.display_name,
    )


async def answer_consent(
    identity: Identity, request_id: str, login: Login | None, decision: Decision
) -> Outcome:
    """The person's decision; raises `AuthorizationRefusedError` when the request is gone. Whoever has taken her place
    in the browser meanwhile is asked herself."""
    waiting, facts, held = await load_waiting(identity, request_id, _identify(login))
    if login is not None and not decision.is_of(login):
        return await _proceed(identity, waiting, facts, login, held)
    client = find_client(identity, facts)
    async with identity.database.transaction() as connection:
        try:
            grant = validate_request(facts, login)
            # A request waits for a sign-in, too: whoever knows its id must not decide without one.
            if login is None or must_sign_in(facts, waiting.asked_at, login):
                return await _need_sign_in(identity, facts, waiting)
            if await must_step_up(identity.database, facts, login, connection):
                return StepUpNeeded(name_continuation(request_id))
            granted, declined = decision.split(_list_asked(facts, grant))
            if not granted:
                await consume_waiting(connection, waiting)
                return _answer(facts, client, [("error", "access_denied"), _DECLINED])
            consent = await allow_client(identity, connection, login, client.registered, granted, declined)
            return await _grant(identity, connection, facts, grant, login, consent, waiting)
        except OAuth2Error as error:
            return _refuse(identity, facts, client, error)


_DECLINED = ("error_description", "The person declined the request.")
