"""The page on which a person sees what happened around her account."""

from dataclasses import dataclass

from litestar import get
from litestar.response import Template

from borvo.accounts.factors.loss_model import name_factor
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.accounts.words import name_role
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.kernel.text import mark, say
from borvo.storage.security_events.log import list_events_of
from borvo.storage.security_events.model import RecordedEvent, SecurityEventKind, is_by_support
from borvo.web.pages import render_page

PAGE_SIZE = 25

_SENTENCES = {
    SecurityEventKind.SIGN_IN: mark("You signed in."),
    SecurityEventKind.SIGN_IN_FAILED: mark("Somebody tried to sign in as you with a wrong password."),
    SecurityEventKind.SIGN_IN_REFUSED: mark(
        "Somebody who could sign in as you was refused, since your account is suspended."
    ),
    SecurityEventKind.SIGN_OUT: mark("You signed out."),
    SecurityEventKind.SIGN_UP: mark("Your account was made."),
    SecurityEventKind.SESSION_ENDED: mark("One of your sign-ins was ended."),
    SecurityEventKind.PASSWORD_CHANGED: mark("Your password was changed."),
    SecurityEventKind.EMAIL_VERIFIED: mark("You confirmed your e-mail address."),
    SecurityEventKind.EMAIL_CHANGED: mark("Your e-mail address was changed."),
    SecurityEventKind.EMAIL_CHANGE_UNDONE: mark("The change of your e-mail address was undone."),
    SecurityEventKind.ACCOUNT_CLOSED: mark("Your account was closed."),
    SecurityEventKind.ACCOUNT_REOPENED: mark("You opened your account again."),
    SecurityEventKind.FACTOR_ADDED: mark("Your account got %(factor)s as a second step."),
    SecurityEventKind.FACTOR_REMOVED: mark("Your account lost %(factor)s as a second step."),
    SecurityEventKind.FACTOR_UNDONE: mark("A new way to sign in was taken back by the link in a mail."),
    SecurityEventKind.SECOND_STEP_FAILED: mark("Somebody who got past your password entered a wrong code."),
    SecurityEventKind.RECOVERY_CODES_MADE: mark("You made new recovery codes."),
    SecurityEventKind.RECOVERY_CODE_USED: mark("A recovery code was used to sign in as you."),
    SecurityEventKind.PASSKEY_REFUSED: mark("A passkey of yours was refused: its answer was not right."),
    SecurityEventKind.PASSKEY_COUNT_WENT_BACK: mark(
        "A passkey of yours was refused: it may have been copied."
    ),
    SecurityEventKind.CONSENT_GRANTED: mark("You allowed %(app)s to use your data."),
    SecurityEventKind.CONSENT_NARROWED: mark("You took back some of what you had allowed %(app)s."),
    SecurityEventKind.CONSENT_WITHDRAWN: mark("You took back what you had allowed %(app)s."),
    SecurityEventKind.SHARING_GRANTED: mark("You let %(agency)s see data of yours."),
    SecurityEventKind.SHARING_CHANGED: mark("You changed what %(agency)s can see."),
    SecurityEventKind.SHARING_ENDED: mark("You ended what %(agency)s could see."),
    SecurityEventKind.TOKEN_FAMILY_REVOKED: mark(
        "The access of %(app)s was ended, because a token was used twice."
    ),
    SecurityEventKind.TOKEN_FAMILY_RETURNED: mark("%(app)s gave up its lasting access."),
    SecurityEventKind.CLIENT_SECRET_ADDED: mark("You added a secret to the client %(app)s."),
    SecurityEventKind.CLIENT_SECRET_REMOVED: mark("You removed a secret from the client %(app)s."),
    SecurityEventKind.CLIENT_SECRET_REPORTED: mark(
        "A secret of the client %(app)s was found in public, and revoked."
    ),
    SecurityEventKind.PERSONAL_TOKEN_CREATED: mark(
        "You created a personal access token for the tenancy %(tenancy)s."
    ),
    SecurityEventKind.PERSONAL_TOKEN_REVOKED: mark(
        "You revoked a personal access token for the tenancy %(tenancy)s."
    ),
    SecurityEventKind.PERSONAL_TOKEN_ENDED: mark(
        "An owner of the tenancy %(tenancy)s revoked an access token of yours."
    ),
    SecurityEventKind.PERSONAL_TOKEN_REPORTED: mark(
        "A personal access token of yours was found in public, and revoked."
    ),
    SecurityEventKind.EXPORT_REQUESTED: mark("You asked for an export of all your samples."),
    SecurityEventKind.EXPORT_DOWNLOADED: mark("An export of all your samples was downloaded."),
    SecurityEventKind.SAMPLES_ERASED: mark("All your samples were erased."),
    SecurityEventKind.KEY_ROTATED: mark("The keys of this platform were changed."),
    SecurityEventKind.ROLE_ADDED: mark("You were given the role %(role)s."),
    SecurityEventKind.ROLE_REMOVED: mark("The role %(role)s was taken from you."),
    SecurityEventKind.ACCOUNT_SUSPENDED: mark("Your account was suspended."),
    SecurityEventKind.SUSPENSION_LIFTED: mark("The suspension of your account was lifted."),
    SecurityEventKind.FACTOR_REMOVAL_ASKED: mark(
        "The removal of %(factor)s from your account was asked for."
    ),
    SecurityEventKind.FACTOR_REMOVAL_STOPPED: mark("The removal of your second step was stopped."),
    SecurityEventKind.VERIFICATION_SENT: mark("A link to confirm your e-mail address was sent to you."),
    SecurityEventKind.SUPPORT_LOOKED: mark("Your account was looked at."),
    SecurityEventKind.SUPPORT_READ_LOG: mark("The security log of the platform was read."),
    SecurityEventKind.SUPPORT_ACTED: mark("Something on the platform was changed."),
}

_WARNINGS = {
    SecurityEventKind.SIGN_IN_FAILED,
    SecurityEventKind.SIGN_IN_REFUSED,
    SecurityEventKind.PASSKEY_REFUSED,
    SecurityEventKind.FACTOR_ADDED,
    SecurityEventKind.FACTOR_UNDONE,
    SecurityEventKind.SECOND_STEP_FAILED,
    SecurityEventKind.RECOVERY_CODE_USED,
    SecurityEventKind.PASSKEY_COUNT_WENT_BACK,
    SecurityEventKind.FACTOR_REMOVAL_ASKED,
    SecurityEventKind.ACCOUNT_SUSPENDED,
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
        """Of support not who and from where: it answers as one."""
        if is_by_support(self.event.actor):
            reason = self.event.detail.get("reason")
            if reason:
                return say("by the support team: %(reason)s", reason=reason)
            return say("by the support team")
        return say("from the address %(address)s", address=self.event.address) if self.event.address else ""


def describe_event(event: RecordedEvent) -> Line:
    """In plain words; an event of a kind that this release does not know is named as it is."""
    pattern = _SENTENCES.get(event.kind)  # type: ignore[call-overload]
    words = {
        "app": event.detail.get("app") or event.client_id or say("an app"),
        "agency": event.detail.get("agency") or say("somebody"),
        "factor": name_factor(str(event.detail.get("factor", ""))),
        "tenancy": event.detail.get("tenancy", ""),
        "role": name_role(str(event.detail.get("role", ""))),
    }
    through = event.detail.get("through")
    sentence: str = say(pattern, **words) if pattern else event.kind
    if through:
        sentence = say(
            "%(sentence)s This was done through your %(through)s.", sentence=sentence, through=through
        )
    return Line(event, sentence, event.kind in _WARNINGS)


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
