"""What a client needs before it may be marked as live, and what a change must not take from one that is: pure rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from borvo.kernel.text import mark, say
from borvo.portal.addresses import find_live_fault, is_local
from borvo.portal.expiry import SECRET_ENDS_SOON
from borvo.portal.model import AuthMethod, ClientDetails, ClientSheet, GrantType, RegisteredClient

_UNATTENDED = frozenset({GrantType.CLIENT_CREDENTIALS})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the list. `field` is where it is mended: a field of the details, `logo` or `secret`."""

    field: str
    words: str
    fault: str = ""

    @property
    def is_met(self) -> bool:
        return not self.fault


def list_secret_ends(client: RegisteredClient, method: AuthMethod) -> list[datetime | None]:
    """When each secret that serves the method stops working; None for one without an end."""
    signs = method is AuthMethod.CLIENT_SECRET_JWT
    return [secret.expires_at for secret in client.secrets if secret.sealed or not signs]


def _check_addresses(details: ClientDetails) -> Iterable[Requirement]:
    named: Mapping[str, tuple[str, Collection[str]]] = {
        "redirect_uris": (say("Callback URLs are https, and on no localhost"), details.redirect_uris),
        "client_uri": (say("The Client URI is https, and on no localhost"), [details.client_uri]),
        "post_logout_redirect_uris": (say("So are the post-logout URLs"), details.post_logout_redirect_uris),
        "frontchannel_logout_uri": (
            say("So is the front-channel logout URL"),
            [details.frontchannel_logout_uri],
        ),
        "request_uris": (say("So are the request addresses"), details.request_uris),
        "sector_identifier_uri": (say("So is the sector identifier"), [details.sector_identifier_uri]),
        "backchannel_logout_uri": (
            say("So is the back-channel logout URL"),
            [details.backchannel_logout_uri],
        ),
        "jwks_uri": (say("So is the address of the public keys"), [details.jwks_uri]),
    }
    for field, (words, uris) in named.items():
        if given := [uri for uri in uris if uri]:
            faults = [find_live_fault(uri, is_public=details.is_public) for uri in given]
            yield Requirement(field, words, next((fault for fault in faults if fault), ""))


def _check_words(details: ClientDetails, logo: str) -> Iterable[Requirement]:
    """What people look for who are asked for consent."""
    if _UNATTENDED.issuperset(details.grant_types):
        return
    is_given = details.policy_uri.startswith("https://") and not is_local(details.policy_uri)
    fault = (
        ""
        if is_given
        else say("Enter the https address of your privacy policy; people read it before they agree.")
    )
    yield Requirement("policy_uri", say("There is a link to the privacy policy"), fault)
    yield Requirement(
        "logo", say("There is a logo"), "" if logo else say("Upload the logo that people know your app by.")
    )


def _check_secrets(
    details: ClientDetails, ends: Sequence[datetime | None], now: datetime
) -> Iterable[Requirement]:
    if details.is_public:
        return
    if details.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT:
        fault = (
            "" if details.jwks or details.jwks_uri else say("Enter the app's public keys, or their address.")
        )
        yield Requirement(
            "token_endpoint_auth_method", say("There are public keys to know the app by"), fault
        )
        return
    fault = "" if ends else say("Set a secret; without one the app gets no tokens.")
    if any(end is not None and end <= now + SECRET_ENDS_SOON for end in ends):
        fault = say(
            "A secret ends within 30 days. Add a new one, switch the app over, and remove the old one."
        )
    yield Requirement("secret", say("There is a secret, and none ends soon"), fault)


def check_readiness(
    details: ClientDetails, logo: str, secret_ends: Sequence[datetime | None], now: datetime
) -> list[Requirement]:
    """The whole list, met or not, in the order of the page."""
    return [
        *_check_addresses(details),
        *_check_words(details, logo),
        *_check_secrets(details, secret_ends, now),
    ]


def check_sheet(sheet: ClientSheet, now: datetime) -> list[Requirement]:
    """The list for a client as it stands."""
    return check_readiness(sheet.details, sheet.presentation.logo, _list_ends(sheet, sheet.details), now)


def _list_ends(sheet: ClientSheet, details: ClientDetails) -> list[datetime | None]:
    return list_secret_ends(sheet.client, details.token_endpoint_auth_method)


def find_broken(sheet: ClientSheet, details: ClientDetails, logo: str, now: datetime) -> dict[str, str]:
    """What a live client would lose by the change, by field. What is unmet already, because time has passed, is
    nothing that the change does. Drafts lose nothing."""
    if not sheet.is_live:
        return {}
    met = {each.field for each in check_sheet(sheet, now) if each.is_met}
    after = check_readiness(details, logo, _list_ends(sheet, details), now)
    new = {each.field for each in after} - {each.field for each in check_sheet(sheet, now)}
    return {each.field: each.fault for each in after if not each.is_met and each.field in met | new}


def find_change_faults(sheet: ClientSheet, details: ClientDetails, now: datetime) -> dict[str, list[str]]:
    """What forbids to save the details, by field; empty when nothing does."""
    if sheet.deleted_at is not None:
        return {"form": [say("This client is deleted. Restore it first.")]}
    faults: dict[str, list[str]] = {}
    if details.is_public and sheet.client.secrets:
        # They would go on looking as if they worked.
        faults["is_public"] = [say("Remove the app's secrets first: an app that cannot keep one has none.")]
    for field, fault in find_broken(sheet, details, sheet.presentation.logo, now).items():
        if field != "secret":
            faults.setdefault(field, []).append(say(_LIVE, fault=fault))
    return faults


_LIVE = mark(
    "%(fault)s The app is live, so it has to stay fit for that; take it back to draft first if you must."
)
