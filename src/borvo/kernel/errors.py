"""Errors that a caller may be told of. `public` is for the caller, `private` for the log, never mixed."""

from collections.abc import Mapping, Sequence

from borvo.kernel.text import say


class BorvoError(Exception):
    """Base of all errors with a public text; only `web` and the endpoints turn them into responses."""

    status = 500
    title: str = say("Internal error")

    def __init__(self, public: str, *, private: str = "") -> None:
        super().__init__(private or public)
        self.public = public
        self.private = private
        # RFC 9457 3.2: further members of the problem document.
        self.extensions: dict[str, object] = {}


class InvalidInputError(BorvoError):
    """The caller sent something that it can mend; `errors` names each field and what to do about it."""

    status = 400
    title: str = say("The request is not valid")

    def __init__(
        self, public: str, errors: Mapping[str, Sequence[str]] | None = None, *, private: str = ""
    ) -> None:
        super().__init__(public, private=private)
        self.errors = {field: list(messages) for field, messages in (errors or {}).items()}


class UnauthenticatedError(BorvoError):
    """Nobody is known to be calling. `challenge` is the value of WWW-Authenticate."""

    status = 401
    title: str = say("Authentication is needed")

    def __init__(self, public: str, *, challenge: str = "Bearer", private: str = "") -> None:
        super().__init__(public, private=private)
        self.challenge = challenge


class ForbiddenError(BorvoError):
    """The caller is known and may not do this. `challenge`, when given, is sent as WWW-Authenticate."""

    status = 403
    title: str = say("Not allowed")

    def __init__(self, public: str, *, challenge: str = "", private: str = "") -> None:
        super().__init__(public, private=private)
        self.challenge = challenge


class NotFoundError(BorvoError):
    """No such thing, or none that the caller may know of."""

    status = 404
    title: str = say("Not found")


class TooSlowError(BorvoError):
    """The caller did not finish sending in time."""

    status = 408
    title: str = say("Too slow")


class ConflictError(BorvoError):
    """The request contradicts what is stored."""

    status = 409
    title: str = say("Conflict")


class GoneError(BorvoError):
    """What was asked for is no longer kept."""

    status = 410
    title: str = say("No longer there")


class PreconditionFailedError(BorvoError):
    """What the caller wants changed is no longer what it saw."""

    status = 412
    title: str = say("Changed meanwhile")


class UnsupportedMediaError(BorvoError):
    """The body is of a kind that is not read here; `supported` are the headers that tell which are."""

    status = 415
    title: str = say("Not readable")

    def __init__(self, public: str, *, supported: Mapping[str, str]) -> None:
        super().__init__(public)
        self.supported = dict(supported)


class TooLargeError(BorvoError):
    """More than one request may carry."""

    status = 413
    title: str = say("Too large")


class OverloadedError(BorvoError):
    """More is asked at once than can be answered; nothing was begun. Come back after `retry_after` seconds."""

    status = 503
    title: str = say("Too busy right now")

    def __init__(self, public: str, *, retry_after: int) -> None:
        super().__init__(public)
        self.retry_after = retry_after


class TooManyRequestsError(BorvoError):
    """Come back after `retry_after` seconds."""

    status = 429
    title: str = say("Too many requests")

    def __init__(self, public: str, *, retry_after: int, private: str = "") -> None:
        super().__init__(public, private=private)
        self.retry_after = retry_after
