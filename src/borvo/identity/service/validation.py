"""What every authorization request is held to, whether it comes by a browser or is pushed."""

from typing import Any

from authlib.oidc.core.errors import LoginRequiredError

from borvo.accounts.public import Destination
from borvo.identity.engine import Facts, ProtocolClient, ProtocolRequest
from borvo.identity.grants import create_server
from borvo.identity.resources import read_resources
from borvo.identity.responses import find_form_target
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.demands import check_form
from borvo.identity.service.refusals import note_page
from borvo.identity.service.waiting import AUTHORIZE_PATH, AuthorizationRefusedError
from borvo.identity.strict_profile import is_fit_for_answers, list_response_types
from borvo.kernel.text import say

NOBODY_IS_ASKED = "The person would have to be asked, which prompt=none forbids."


def check_destination(facts: Facts) -> tuple[ProtocolClient, str]:
    """The client and where to answer it; raises `AuthorizationRefusedError`."""
    if any(map(facts.parameters.is_repeated, ("client_id", "redirect_uri"))):
        raise AuthorizationRefusedError(say("The app sent its client_id or redirect_uri more than once."))
    if facts.client is None:
        raise AuthorizationRefusedError(
            say(
                "The app that sent you here is not registered, or its registration is switched off. "
                "If you write it, check the client_id in the developer portal."
            )
        )
    redirect_uri = facts.parameters.get("redirect_uri")
    if redirect_uri is None or not facts.client.check_redirect_uri(redirect_uri):
        raise AuthorizationRefusedError(
            say(
                "The app %(name)s sent a redirect_uri that is not registered for it. "
                "If you write it, register exactly this callback URL in the developer portal: %(redirect_uri)s",
                name=facts.client.registered.display_name,
                redirect_uri=redirect_uri[:300] if redirect_uri else say("(none was sent)"),
            )
        )
    if not is_fit_for_answers(redirect_uri, facts.profile):
        raise AuthorizationRefusedError(
            say(
                "The app %(name)s wants its answer over plain http, which this instance "
                "does not do. If you write it, register an https address as its callback URL.",
                name=facts.client.registered.display_name,
            )
        )
    return facts.client, redirect_uri


def describe_destination(facts: Facts) -> Destination:
    """The client, for a page by which a person goes on to it; raises `AuthorizationRefusedError`."""
    client, redirect_uri = check_destination(facts)
    wished = facts.parameters.get("ui_locales") or ""
    return Destination(client.registered.display_name, find_form_target(redirect_uri), wished)


def find_client(identity: Identity, facts: Facts) -> ProtocolClient:
    """The client, to which an answer can be sent; raises `AuthorizationRefusedError`, which its developers are told
    of."""
    try:
        client, _ = check_destination(facts)
    except AuthorizationRefusedError as error:
        note_page(identity, facts, str(error.public))
        raise
    return client


def validate_request(facts: Facts, person: object) -> Any:
    """The grant that will answer; raises `OAuth2Error`. Of the `person` counts only whether there is one."""
    check_form(facts.parameters, list_response_types(facts.profile))
    read_resources(facts.parameters, facts.issuer)
    server = create_server(facts)
    request = ProtocolRequest("GET", AUTHORIZE_PATH, facts)
    try:
        return server.get_consent_grant(request, end_user=person)
    except LoginRequiredError:
        # The engine gives no reason.
        raise LoginRequiredError(NOBODY_IS_ASKED) from None
