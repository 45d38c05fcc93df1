"""The page on which a person sees what happened around her account."""

from dataclasses import dataclass

from litestar import get
from litestar.response import Template

from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.storage.security_events.log import list_events_of
from borvo.storage.security_events.model import SUPPORT, RecordedEvent, SecurityEventKind
from borvo.web.pages import render_page

PAGE_SIZE = 25

_SENTENCES = {
    SecurityEventKind.SIGN_IN: "You signed in.",
    SecurityEventKind.SIGN_IN_FAILED: "Somebody tried to sign in as you with a wrong password.",
    SecurityEventKind.SIGN_OUT: "You signed out.",
    SecurityEventKind.SIGN_UP: "Your account was made.",
    SecurityEventKind.SESSION_ENDED: "One of your sign-ins was ended.",
    SecurityEventKind.PASSWORD_CHANGED: "Your password was changed.",
    SecurityEventKind.EMAIL_VERIFIED: "You confirmed your e-mail address.",
    SecurityEventKind.EMAIL_CHANGED: "Your e-mail address was changed.",
    SecurityEventKind.EMAIL_CHANGE_UNDONE: "The change of your e-mail address was undone.",
    SecurityEventKind.ACCOUNT_CLOSED: "You closed your account.",
    SecurityEventKind.ACCOUNT_REOPENED: "You opened your account again.",
    SecurityEventKind.FACTOR_ADDED: "Your account got {factor} as a second step.",
    SecurityEventKind.FACTOR_REMOVED: "Your account lost {factor} as a second step.",
    SecurityEventKind.FACTOR_UNDONE: "A new way to sign in was taken back by the link in a mail.",
    SecurityEventKind.SECOND_STEP_FAILED: "Somebody who got past your password entered a wrong code.",
    SecurityEventKind.RECOVERY_CODES_MADE: "You made new recovery codes.",
    SecurityEventKind.RECOVERY_CODE_USED: "A recovery code was used to sign in as you.",
    SecurityEventKind.PASSKEY_COUNT_WENT_BACK: "A passkey of yours was refused: it may have been copied.",
    SecurityEventKind.CONSENT_GRANTED: "You allowed {app} to use your data.",
    SecurityEventKind.CONSENT_WITHDRAWN: "You took back what you had allowed {app}.",
    SecurityEventKind.SHARING_GRANTED: "You let {agency} see data of yours.",
    SecurityEventKind.SHARING_CHANGED: "You changed what {agency} can see.",
    SecurityEventKind.SHARING_ENDED: "You ended what {agency} could see.",
    SecurityEventKind.TOKEN_FAMILY_REVOKED: "The access of {app} was ended, because a token was used twice.",
    SecurityEventKind.CLIENT_SECRET_ADDED: "You added a secret to the client {app}.",
    SecurityEventKind.CLIENT_SECRET_REMOVED: "You removed a secret from the client {app}.",
    SecurityEventKind.CLIENT_SECRET_REPORTED: "A secret of the client {app} was found in public, and revoked.",
    SecurityEventKind.PERSONAL_TOKEN_CREATED: "You created a personal access token for the tenancy {tenancy}.",
    SecurityEventKind.PERSONAL_TOKEN_REVOKED: "You revoked a personal access token for the tenancy {tenancy}.",
    SecurityEventKind.PERSONAL_TOKEN_ENDED: "An owner of the tenancy {tenancy} revoked an access token of yours.",
    SecurityEventKind.PERSONAL_TOKEN_REPORTED: "A personal access token of yours was found in public, and revoked.",
    SecurityEventKind.EXPORT_REQUESTED: "You asked for an export of all your samples.",
    SecurityEventKind.EXPORT_DOWNLOADED: "An export of all your samples was downloaded.",
    SecurityEventKind.SAMPLES_ERASED: "All your samples were erased.",
    SecurityEventKind.KEY_ROTATED: "The keys of this platform were changed.",
    SecurityEventKind.ROLE_ADDED: "You were given the role {role}.",
    SecurityEventKind.ROLE_REMOVED: "The role {role} was taken from you.",
}

_WARNINGS = {
    SecurityEventKind.SIGN_IN_FAILED,
    SecurityEventKind.FACTOR_ADDED,
    SecurityEventKind.FACTOR_UNDONE,
    SecurityEventKind.SECOND_STEP_FAILED,
    SecurityEventKind.RECOVERY_CODE_USED,
    SecurityEventKind.PASSKEY_COUNT_WENT_BACK,
    SecurityEventKind.PASSWORD_CHANGED,
    SecurityEventKind.EMAIL_CHANGED,
    SecurityEventKind.EMAIL_CHANGE_UNDONE,
    SecurityEventKind.TOKEN_FAMILY_REVOKED,
    SecurityEventKind.CLIENT_SECRET_REPORTED,
    SecurityEventKind.PERSONAL_TOKEN_REPORTED,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event as the page shows it."""

    event: RecordedEvent
    sentence: str
    is_warning: bool

    @property
    def origin(self) -> str:
        if self.event.address:
            return f"from the address {self.event.address}"
        return "by the support team" if self.event.actor == SUPPORT else ""


def describe_event(event: RecordedEvent) -> Line:
    """In plain words; an event of a kind that this release does not know is named as it is."""
    pattern = _SENTENCES.get(event.kind, event.kind)  # type: ignore[call-overload]
    words = {
        "app": event.detail.get("app") or event.client_id or "an app",
        "agency": event.detail.get("agency") or "somebody",
        "factor": event.detail.get("factor", "something"),
        "tenancy": event.detail.get("tenancy", ""),
        "role": str(event.detail.get("role", "")).replace("_", " "),
    }
    through = event.detail.get("through")
    way = f" This was done through your {through}." if through else ""
    return Line(event, pattern.format(**words) + way, event.kind in _WARNINGS)


async def _list(accounts: Accounts, person_id: PersonId, before: str) -> list[RecordedEvent]:
    """One more than a page, which tells whether there is another."""
    async with accounts.database.connection() as connection:
        return await list_events_of(connection, person_id, before=parse_uuid(before), most=PAGE_SIZE + 1)


@get("/account/security")
async def show_security(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    before = request.query_params.get("before", "")
    events = await _list(accounts, login.person.id, before)
    return render_page(
        "accounts/security.html",
        viewer=login,
        lines=[describe_event(event) for event in events[:PAGE_SIZE]],
        older=events[PAGE_SIZE - 1].id if len(events) > PAGE_SIZE else None,
        is_later_page=bool(before),
    )
