"""The limits of this feature that requests of clients can meet, in the words of the portal."""

from borvo.identity.service.devices import DEVICES
from borvo.identity.service.guessing import WRONG_SECRETS
from borvo.identity.service.pushing import PUSHED_REQUESTS
from borvo.identity.service.request_objects import FETCHED_REQUESTS
from borvo.identity.service.waiting import WAITING_REQUESTS
from borvo.kernel.text import say
from borvo.portal.public import ClientLimit, GrantType, RegisteredClient

_BY_BROWSER = {GrantType.AUTHORIZATION_CODE, GrantType.HYBRID, GrantType.IMPLICIT}


def _has_secret(client: RegisteredClient) -> bool:
    return not client.is_public


def _shows_codes(client: RegisteredClient) -> bool:
    return client.is_public and GrantType.DEVICE_CODE in client.grant_types


def _goes_by_browser(client: RegisteredClient) -> bool:
    return not _BY_BROWSER.isdisjoint(client.grant_types)


def _publishes(client: RegisteredClient) -> bool:
    return bool(client.request_uris)


def _pushes(client: RegisteredClient) -> bool:
    return _has_secret(client) and _goes_by_browser(client)


CLIENT_LIMITS = (
    ClientLimit(
        WRONG_SECRETS,
        say("Wrong client secrets"),
        say(
            "Each network, for this client alone. Beyond it no secret from there is looked at, not even the right one."
        ),
        _has_secret,
    ),
    ClientLimit(
        WAITING_REQUESTS,
        say("Requests that wait"),
        say(
            "Each network, over all apps: requests kept for a person. "
            "Those for which she only has to sign in rarely are."
        ),
        _goes_by_browser,
    ),
    ClientLimit(
        FETCHED_REQUESTS,
        say("Requests fetched"),
        say("Each network, over all apps: requests that Borvo reads at an address of the app's."),
        _publishes,
    ),
    ClientLimit(PUSHED_REQUESTS, say("Pushed requests"), say("Requests that this client pushed."), _pushes),
    ClientLimit(
        DEVICES, say("Device codes"), say("Each network, over all clients without a secret."), _shows_codes
    ),
)
