"""What other features may use of accounts."""

from borvo.accounts.brake import Brake, Pause
from borvo.accounts.closing import erase_due
from borvo.accounts.factors.store import has_second_factor
from borvo.accounts.limits import Counter, Limit, Limiter, build_refusal, find_window
from borvo.accounts.methods import (
    PASSWORD,
    AuthenticationClass,
    Methods,
    find_least,
    is_enough,
    rate_methods,
)
from borvo.accounts.model import (
    ClaimsSubject,
    Login,
    LoginSession,
    Person,
    PostalAddress,
    Profile,
    ProfileDetails,
    Role,
    check_email,
    normalize_email,
)
from borvo.accounts.pages import build_router
from borvo.accounts.passwords import Passwords
from borvo.accounts.profile_details import save_details
from borvo.accounts.profile_store import CLAIMS_COLUMNS, load_claims_subject, read_claims_subject
from borvo.accounts.recency import RECENT, require_recent
from borvo.accounts.registration import Registration, create_person
from borvo.accounts.restoring import end_all_sessions
from borvo.accounts.sandbox import Sandbox, close_sandbox, list_left_sandboxes, open_sandbox
from borvo.accounts.service import (
    Accounts,
    DescribeReturn,
    Destination,
    OnSessionEnded,
    change_role,
    clean_up,
    end_session,
    end_sessions,
    find_login,
    list_sessions,
    sign_out,
    sign_out_everywhere,
    tell_nobody,
)
from borvo.accounts.signing_in import (
    SignedIn,
    SignInNeededError,
    Viewer,
    answer_sign_in_needed,
    build_sign_in_url,
    build_step_up_url,
    provide_login,
    provide_viewer,
)
from borvo.accounts.store import COUNTED_ATTEMPTS, PERSON_COLUMNS, find_person, load_person, read_person

__all__ = [
    "CLAIMS_COLUMNS",
    "COUNTED_ATTEMPTS",
    "PASSWORD",
    "PERSON_COLUMNS",
    "RECENT",
    "Accounts",
    "AuthenticationClass",
    "Brake",
    "ClaimsSubject",
    "Counter",
    "DescribeReturn",
    "Destination",
    "Limit",
    "Limiter",
    "Login",
    "LoginSession",
    "Methods",
    "OnSessionEnded",
    "Passwords",
    "Pause",
    "Person",
    "PostalAddress",
    "Profile",
    "ProfileDetails",
    "Registration",
    "Role",
    "Sandbox",
    "SignInNeededError",
    "SignedIn",
    "Viewer",
    "answer_sign_in_needed",
    "build_refusal",
    "build_router",
    "build_sign_in_url",
    "build_step_up_url",
    "change_role",
    "check_email",
    "clean_up",
    "close_sandbox",
    "create_person",
    "end_all_sessions",
    "end_session",
    "end_sessions",
    "erase_due",
    "find_least",
    "find_login",
    "find_person",
    "find_window",
    "has_second_factor",
    "is_enough",
    "list_left_sandboxes",
    "list_sessions",
    "load_claims_subject",
    "load_person",
    "normalize_email",
    "open_sandbox",
    "provide_login",
    "provide_viewer",
    "rate_methods",
    "read_claims_subject",
    "read_person",
    "require_recent",
    "save_details",
    "sign_out",
    "sign_out_everywhere",
    "tell_nobody",
]
