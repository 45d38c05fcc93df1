"""What other features may use of accounts."""

from borvo.accounts.limits import Counter, Limit, Limiter, build_refusal
from borvo.accounts.model import Login, Person, Role, normalize_email
from borvo.accounts.pages import build_router
from borvo.accounts.passwords import Passwords
from borvo.accounts.service import (
    Accounts,
    DescribeReturn,
    Destination,
    Registration,
    change_role,
    clean_up,
    create_person,
    find_login,
    sign_out,
)
from borvo.accounts.signing_in import (
    SignedIn,
    SignInNeededError,
    Viewer,
    answer_sign_in_needed,
    build_sign_in_url,
    provide_login,
    provide_viewer,
)
from borvo.accounts.store import COUNTED_ATTEMPTS, PERSON_COLUMNS, find_person, load_person, read_person

__all__ = [
    "COUNTED_ATTEMPTS",
    "PERSON_COLUMNS",
    "Accounts",
    "Counter",
    "DescribeReturn",
    "Destination",
    "Limit",
    "Limiter",
    "Login",
    "Passwords",
    "Person",
    "Registration",
    "Role",
    "SignInNeededError",
    "SignedIn",
    "Viewer",
    "answer_sign_in_needed",
    "build_refusal",
    "build_router",
    "build_sign_in_url",
    "change_role",
    "clean_up",
    "create_person",
    "find_login",
    "find_person",
    "load_person",
    "normalize_email",
    "provide_login",
    "provide_viewer",
    "read_person",
    "sign_out",
]
