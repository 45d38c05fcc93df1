"""Security events as support sees them: who and when, and of what was done no more than these names. With whom and what
a person shares is none of them."""

from dataclasses import replace

from borvo.accounts.public import name_factor, name_role
from borvo.kernel.text import say
from borvo.storage.security_events.model import (
    INSTANCE,
    STRANGER,
    SUPPORTER,
    RecordedEvent,
    SecurityEventKind,
)

# By the name of each detail that may be shown.
_DETAILS = {
    "app": say("App"),
    "checked": say("Checked"),
    "deed": say("Deed"),
    "factor": say("Factor"),
    "filter": say("Filter"),
    "left": say("Codes left"),
    "means": say("Means"),
    "methods": say("Methods"),
    "reason": say("Why"),
    "role": say("Role"),
    "sessions": say("Sessions"),
    "subject": say("Subject"),
    "through": say("Through"),
}
SHOWN_DETAILS = frozenset(_DETAILS)

_KINDS: dict[str, str] = {
    SecurityEventKind.SIGN_IN: say("Sign-in"),
    SecurityEventKind.SIGN_IN_FAILED: say("Sign-in with a wrong password"),
    SecurityEventKind.SIGN_IN_REFUSED: say("Sign-in refused, account suspended"),
    SecurityEventKind.SIGN_OUT: say("Sign-out"),
    SecurityEventKind.SIGN_UP: say("Sign-up"),
    SecurityEventKind.SESSION_ENDED: say("Sessions ended"),
    SecurityEventKind.PASSWORD_CHANGED: say("Password changed"),
    SecurityEventKind.EMAIL_VERIFIED: say("Address confirmed"),
    SecurityEventKind.EMAIL_CHANGED: say("Address changed"),
    SecurityEventKind.EMAIL_CHANGE_UNDONE: say("Change of address undone"),
    SecurityEventKind.ACCOUNT_CLOSED: say("Account closed"),
    SecurityEventKind.ACCOUNT_REOPENED: say("Account opened again"),
    SecurityEventKind.ACCOUNT_SUSPENDED: say("Account suspended"),
    SecurityEventKind.SUSPENSION_LIFTED: say("Suspension lifted"),
    SecurityEventKind.FACTOR_ADDED: say("Second factor added"),
    SecurityEventKind.FACTOR_REMOVED: say("Second factor removed"),
    SecurityEventKind.FACTOR_UNDONE: say("New factor taken back"),
    SecurityEventKind.FACTOR_REMOVAL_ASKED: say("Removal of a factor asked for"),
    SecurityEventKind.FACTOR_REMOVAL_STOPPED: say("Removal of a factor stopped"),
    SecurityEventKind.SECOND_STEP_FAILED: say("Wrong code in the second step"),
    SecurityEventKind.RECOVERY_CODES_MADE: say("Recovery codes made"),
    SecurityEventKind.RECOVERY_CODE_USED: say("Recovery code used"),
    SecurityEventKind.PASSKEY_REFUSED: say("Passkey refused"),
    SecurityEventKind.PASSKEY_COUNT_WENT_BACK: say("Passkey that may be a copy"),
    SecurityEventKind.CONSENT_GRANTED: say("Consent granted"),
    SecurityEventKind.CONSENT_NARROWED: say("Consent narrowed"),
    SecurityEventKind.CONSENT_WITHDRAWN: say("Consent withdrawn"),
    SecurityEventKind.SHARING_GRANTED: say("Sharing granted"),
    SecurityEventKind.SHARING_CHANGED: say("Sharing changed"),
    SecurityEventKind.SHARING_ENDED: say("Sharing ended"),
    SecurityEventKind.TOKEN_FAMILY_REVOKED: say("Refresh token used twice"),
    SecurityEventKind.TOKEN_FAMILY_RETURNED: say("Refresh token revoked by its client"),
    SecurityEventKind.CLIENT_SECRET_ADDED: say("Client secret added"),
    SecurityEventKind.CLIENT_SECRET_REMOVED: say("Client secret removed"),
    SecurityEventKind.CLIENT_SECRET_REPORTED: say("Client secret reported"),
    SecurityEventKind.PERSONAL_TOKEN_CREATED: say("Personal access token created"),
    SecurityEventKind.PERSONAL_TOKEN_REVOKED: say("Personal access token revoked"),
    SecurityEventKind.PERSONAL_TOKEN_ENDED: say("Personal access token ended by an owner"),
    SecurityEventKind.PERSONAL_TOKEN_REPORTED: say("Personal access token reported"),
    SecurityEventKind.EXPORT_REQUESTED: say("Export asked for"),
    SecurityEventKind.EXPORT_DOWNLOADED: say("Export downloaded"),
    SecurityEventKind.SAMPLES_ERASED: say("Samples erased"),
    SecurityEventKind.KEY_ROTATED: say("Signing key rotated"),
    SecurityEventKind.ROLE_ADDED: say("Role given"),
    SecurityEventKind.ROLE_REMOVED: say("Role taken"),
    SecurityEventKind.VERIFICATION_SENT: say("Verification sent by support"),
    SecurityEventKind.SUPPORT_LOOKED: say("Looked at by support"),
    SecurityEventKind.SUPPORT_READ_LOG: say("Log read by support"),
    SecurityEventKind.SUPPORT_ACTED: say("Deed of support"),
}


EVERYTHING = say("everything")
READING_THE_LOG = say("reading the log")
MEMBERS_SHOWN = say("Members shown")
# What the console itself writes into details, in English, where else people type.
_OWN_WORDS = {str(each): each for each in (EVERYTHING, READING_THE_LOG, MEMBERS_SHOWN)}


def redact(event: RecordedEvent) -> RecordedEvent:
    """What nobody has thought of is hidden."""
    return replace(
        event, detail={name: value for name, value in event.detail.items() if name in SHOWN_DETAILS}
    )


def name_kind(kind: str) -> str:
    """In words; one that this release does not know by its own name."""
    return _KINDS.get(kind, kind)


def name_actor(event: RecordedEvent) -> str:
    if event.person_id != INSTANCE and event.actor == f"person {event.person_id}":
        return say("the person")
    if event.actor.startswith(SUPPORTER):
        return say("support %(who)s", who=event.actor.removeprefix(SUPPORTER).strip())
    return say("a stranger") if event.actor == STRANGER else event.actor


def list_details(event: RecordedEvent) -> list[tuple[str, str]]:
    """Names and values in words."""
    return [(_DETAILS[name], _render(name, value)) for name, value in redact(event).detail.items()]


def _render(name: str, value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if name == "role":
        return name_role(text)
    return name_factor(text) if name == "factor" else _OWN_WORDS.get(text, text)
