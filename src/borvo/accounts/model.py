"""People and their logins as values, and the pure rules about what they type."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from borvo.accounts.methods import PASSWORD, Methods
from borvo.kernel.entropy import TOKEN_BYTES, decode_bytes, encode_bytes
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.kernel.text import say
from borvo.mail.model import is_address

SESSION_LIFETIME = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=2)
# How stale `last_seen_at` may be, so that reading pages does not write a row each time.
SEEN_GRANULARITY = timedelta(minutes=1)

NAME_MAXIMUM = 100
EMAIL_MAXIMUM = 254

_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f<>\"(),:;\\\[\]]{1,64}@[^@\s\x00-\x1f\x7f<>\"(),:;\\\[\]]+\.[^@\s.]{2,63}"
)


class Role(StrEnum):
    """Role names as tokens and userinfo carry them (contract section 7)."""

    PATIENT = "patient"
    AGENT = "agent"
    MEMBERSHIP_MANAGER = "membership_manager"
    DEVELOPER = "developer"
    SUPPORT = "support"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person. `roles` always holds `patient`: everybody has data of their own. `locale` is the language
    that she has chosen, empty when she has not. `epoch` counts how often all her sessions have ended."""

    id: PersonId
    email: str
    is_email_verified: bool
    given_name: str
    family_name: str
    roles: frozenset[Role]
    locale: str = field(default="", kw_only=True)
    epoch: int = field(default=0, kw_only=True)

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def is_developer(self) -> bool:
        return Role.DEVELOPER in self.roles

    @property
    def is_agent(self) -> bool:
        return Role.AGENT in self.roles

    @property
    def is_supporter(self) -> bool:
        return Role.SUPPORT in self.roles

    @property
    def is_staff(self) -> bool:
        """Whether she may belong to an organisation."""
        return not self.roles.isdisjoint({Role.AGENT, Role.MEMBERSHIP_MANAGER})


@dataclass(frozen=True, slots=True)
class Holder(Person):
    """A person with an account that may be closed, as long as she may still come back, or suspended. With her first
    second factor all her sessions end, and with the last: whether she has one is as old as her `epoch`. `resting` are
    roles that rest, as for `Login`."""

    is_closing: bool
    is_suspended: bool
    has_second_factor: bool
    resting: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Login:
    """A person who is signed in, in one browser, and how. The session's id is what clients see as `sid`. `owes_factor`:
    a role of hers asks for a second factor, which she has not proved, and nothing but her own pages opens. `resting`
    are roles that rest: what they open is shut, and what they ask for they still ask for."""

    person: Person
    session_id: LoginSessionId
    authenticated_at: datetime
    methods: Methods = PASSWORD
    owes_factor: bool = False
    resting: frozenset[Role] = frozenset()

    @property
    def display_name(self) -> str:
        return self.person.display_name

    @property
    def is_developer(self) -> bool:
        return self.person.is_developer

    @property
    def is_agent(self) -> bool:
        return self.person.is_agent

    @property
    def is_staff(self) -> bool:
        return self.person.is_staff

    @property
    def is_supporter(self) -> bool:
        return self.person.is_supporter


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """What a person says of where she lives; each part may be empty. `street_address` may have several lines."""

    street_address: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @property
    def formatted(self) -> str:
        """As on an envelope, without the name (OpenID Connect Core 5.1.1); empty when no part is given."""
        town = " ".join(part for part in (self.postal_code, self.locality) if part)
        lines = (self.street_address, town, self.region, self.country)
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person may tell about herself beside her name, under the names of OpenID Connect Core 5.1; empty
    text stands for nothing told. `profile`, `picture` and `website` are URLs."""

    middle_name: str = ""
    nickname: str = ""
    preferred_username: str = ""
    profile: str = ""
    picture: str = ""
    website: str = ""
    gender: str = ""
    birthdate: str = ""
    zoneinfo: str = ""
    locale: str = ""
    phone_number: str = ""
    address: PostalAddress = PostalAddress()


@dataclass(frozen=True, slots=True)
class ProfileDetails:
    """Checked details that a person gives of herself, her name among them."""

    given_name: str
    family_name: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class ClaimsSubject:
    """All that claims about a person can be made of. Without `updated_at` the profile was not loaded."""

    person: Person
    profile: Profile = Profile()
    is_phone_number_verified: bool = False
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A login as the list of a person's devices shows it. Sessions older than the address column have none."""

    id: LoginSessionId
    user_agent: str
    client_address: str
    authenticated_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """What the browser holds: whose session, which one, and the token that proves it.

    The person comes first so that the one statement that loads a session finds its shard.
    """

    person_id: bytes
    session_id: bytes
    token: bytes

    def render(self) -> str:
        return encode_bytes(self.person_id + self.session_id + self.token)


def parse_session_cookie(text: str) -> SessionCookie | None:
    """None for anything that `SessionCookie.render` cannot have written."""
    data = decode_bytes(text)
    if data is None or len(data) != 16 + 16 + TOKEN_BYTES:
        return None
    return SessionCookie(data[:16], data[16:32], data[32:])


def normalize_email(text: str) -> str:
    """The form under which an address is unique: lower case, no surrounding white space."""
    return text.strip().lower()


def check_email(text: str) -> str | None:
    """What is wrong with the address, or None. Only a message to it can prove more."""
    if not text:
        return say("Enter your e-mail address.")
    if len(text) > EMAIL_MAXIMUM or _EMAIL.fullmatch(text) is None or not is_address(text):
        return say("Enter an e-mail address such as name@example.org.")
    return None


def check_name(text: str, missing: str) -> str | None:
    """What is wrong with a given or family name, or None; `missing` is what to say where there is none."""
    if not text:
        return missing
    if len(text) > NAME_MAXIMUM or not text.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=NAME_MAXIMUM)
    return None
