"""What a test drive is made of, as values."""

from dataclasses import dataclass
from enum import StrEnum

Fields = tuple[tuple[str, str], ...]


class Flow(StrEnum):
    """What is run: a response type, or a grant that needs no callback URL."""

    CODE = "code"
    CODE_ID_TOKEN = "code id_token"  # noqa: S105  (a name)
    CODE_TOKEN = "code token"  # noqa: S105  (a name)
    CODE_ID_TOKEN_TOKEN = "code id_token token"  # noqa: S105  (a name)
    ID_TOKEN = "id_token"  # noqa: S105  (a name)
    ID_TOKEN_TOKEN = "id_token token"  # noqa: S105  (a name)
    SERVICE = "client_credentials"
    DEVICE = "device_code"

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.value.split(" "))

    @property
    def needs_person(self) -> bool:
        return self is not Flow.SERVICE

    @property
    def needs_callback(self) -> bool:
        return self not in {Flow.SERVICE, Flow.DEVICE}

    @property
    def has_code(self) -> bool:
        return "code" in self.words


class Mistake(StrEnum):
    """What a developer gets wrong sooner or later, on purpose."""

    NONE = "none"
    REDIRECT_URI = "redirect_uri"
    SCOPE = "scope"
    NO_CHALLENGE = "no_challenge"
    DECLINED = "declined"
    SECRET = "secret"  # noqa: S105  (a name)
    VERIFIER = "verifier"
    REUSED_CODE = "reused_code"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `sent` and `answer` are named values, `text` is whatever else the answer said.
    `target` is the callback URL that the browser would have gone to; nothing was sent there."""

    title: str
    words: str
    method: str
    address: str
    sent: Fields
    status: int
    answer: Fields = ()
    text: str = ""
    target: str = ""
    correlation_id: str = ""
    is_refused: bool = False
    error: str = ""

    is_exchange = True


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that an app has to look at. `fault` says what was there instead; empty when all is well."""

    words: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came back, looked at as an app has to. `header` and `claims` are JSON, empty where there are none."""

    title: str
    checks: tuple[Check, ...]
    header: str = ""
    claims: str = ""
    note: str = ""

    is_exchange = False


Step = Exchange | Finding


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, in order."""

    flow: Flow
    mistake: Mistake
    steps: tuple[Step, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(
            check.fault
            for step in self.steps
            if isinstance(step, Finding)
            for check in step.checks
            if check.fault
        )

    @property
    def refusal(self) -> Exchange | None:
        """The first request that was refused."""
        return next((step for step in self.steps if isinstance(step, Exchange) and step.is_refused), None)

    @property
    def is_as_expected(self) -> bool:
        """Whether all went well but for the mistake, and that was refused with the error that its specification
        names."""
        if self.faults:
            return False
        refusal = self.refusal
        if self.mistake is Mistake.NONE:
            return refusal is None
        return refusal is not None and refusal.error == _ERRORS[self.mistake]


_ERRORS = {
    # RFC 6749 4.1.2.1: on a page and nowhere else, so without a code.
    Mistake.REDIRECT_URI: "",
    Mistake.SCOPE: "invalid_scope",
    Mistake.DECLINED: "access_denied",
    # RFC 7636 4.4.1
    Mistake.NO_CHALLENGE: "invalid_request",
    # RFC 7636 4.6
    Mistake.VERIFIER: "invalid_grant",
    # RFC 6749 5.2
    Mistake.SECRET: "invalid_client",
    Mistake.REUSED_CODE: "invalid_grant",
}
