"""What other features may use of accounts."""

from borvo.accounts.address_change import ask_to_verify_for
from borvo.accounts.attempt_store import COUNT_ATTEMPT, COUNTED_ATTEMPTS
from borvo.accounts.brake import Brake, Pause
from borvo.accounts.closing import close_by_support, erase_due
from borvo.accounts.destination import DescribeReturn, Destination
from borvo.accounts.factors.loss import ask_for_removal, stop_removal
from borvo.accounts.factors.loss import remove_due as remove_lost_factors
from borvo.accounts.factors.loss_model import FactorKind, FactorRemoval, name_factor, name_kinds
from borvo.accounts.factors.service import SEALED_APPS
from borvo.accounts.factors.store import has_second_factor
from borvo.accounts.holder_store import find_holder, load_holder
from borvo.accounts.interventions import Intervention, tell_about_work
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
    Holder,
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
from borvo.accounts.own_language import speak_to
from borvo.accounts.pages import ask_to_sign_in, build_router
from borvo.accounts.passwords import Passwords
from borvo.accounts.profile_details import save_details
from borvo.accounts.profile_store import CLAIMS_COLUMNS, load_claims_subject, read_claims_subject
from borvo.accounts.recency import RECENT, require_recent
from borvo.accounts.registration import Registration, create_person
from borvo.accounts.resting_roles import wake_role, wake_roles
from borvo.accounts.restoring import end_all_sessions
from borvo.accounts.roles import give_role, take_role
from borvo.accounts.sandbox import Sandbox, close_sandbox, list_left_sandboxes, open_sandbox
from borvo.accounts.service import (
    Accounts,
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
    FactorNeededError,
    SignedIn,
    SignInNeededError,
    Viewer,
    answer_sign_in_needed,
    build_sign_in_url,
    build_step_up_url,
    provide_login,
    provide_viewer,
)
from borvo.accounts.standing import Standing, load_standing
from borvo.accounts.store import PERSON_COLUMNS, find_person, has_people, load_person, read_person
from borvo.accounts.suspension import lift_suspension, suspend_account
from borvo.accounts.words import name_role

__all__ = [
    "CLAIMS_COLUMNS",
    "COUNTED_ATTEMPTS",
    "COUNT_ATTEMPT",
    "PASSWORD",
    "PERSON_COLUMNS",
    "RECENT",
    "SEALED_APPS",
    "Accounts",
    "AuthenticationClass",
    "Brake",
    "ClaimsSubject",
    "Counter",
    "DescribeReturn",
    "Destination",
    "FactorKind",
    "FactorNeededError",
    "FactorRemoval",
    "Holder",
    "Intervention",
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
    "Standing",
    "Viewer",
    "answer_sign_in_needed",
    "ask_for_removal",
    "ask_to_sign_in",
    "ask_to_verify_for",
    "build_refusal",
    "build_router",
    "build_sign_in_url",
    "build_step_up_url",
    "change_role",
    "check_email",
    "clean_up",
    "close_by_support",
    "close_sandbox",
    "create_person",
    "end_all_sessions",
    "end_session",
    "end_sessions",
    "erase_due",
    "find_holder",
    "find_least",
    "find_login",
    "find_person",
    "find_window",
    "give_role",
    "has_people",
    "has_second_factor",
    "is_enough",
    "lift_suspension",
    "list_left_sandboxes",
    "list_sessions",
    "load_claims_subject",
    "load_holder",
    "load_person",
    "load_standing",
    "name_factor",
    "name_kinds",
    "name_role",
    "normalize_email",
    "open_sandbox",
    "provide_login",
    "provide_viewer",
    "rate_methods",
    "read_claims_subject",
    "read_person",
    "remove_lost_factors",
    "require_recent",
    "save_details",
    "sign_out",
    "sign_out_everywhere",
    "speak_to",
    "stop_removal",
    "suspend_account",
    "take_role",
    "tell_about_work",
    "tell_nobody",
    "wake_role",
    "wake_roles",
]
