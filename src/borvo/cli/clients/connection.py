"""Speaks to a Borvo's management API over HTTP, and turns its refusals into one line and an exit code."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from borvo.cli.failure import CommandError
from borvo.kernel.hosts import LOOPBACK_HOSTS

API = "/portal/api/v1"
URL_VARIABLE = "BORVO_PORTAL_URL"
TOKEN_VARIABLE = "BORVO_PORTAL_TOKEN"  # noqa: S105  (the name of a variable)
_SECONDS = 30.0

NOT_FOUND, CONFLICT, NOT_ALLOWED, WOULD_CHANGE = 3, 4, 5, 6
"""Exit codes besides 1, refused or failed, and 2, wrong usage."""

_CODES = {401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND, 412: CONFLICT}


class RefusedError(CommandError):
    """What the server refused; `status` is its HTTP status, `members` names what in the request is at fault."""

    def __init__(self, message: str, status: int, members: Collection[str] = ()) -> None:
        super().__init__(message, _CODES.get(status, 1))
        self.status = status
        self.members = members


class Portal:
    """The management API of one tenancy, which the token names."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._prefix = ""

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """`path` is below the API's address. Raises `RefusedError`, and `CommandError` when there is no answer."""
        try:
            answer = self._http.request(method, f"{API}{path}", **options)
        except httpx.HTTPError as fault:
            raise CommandError(f"{self._http.base_url} does not answer: {_describe(fault)}") from None
        if not answer.is_success:
            problem = _read_problem(answer)
            raise RefusedError(_explain(answer, problem), answer.status_code, list(problem.get("errors", ())))
        return answer

    def fetch(self, path: str, **params: str) -> Any:
        return _read(self.call("GET", path, params=params))

    def name_client(self, name: str) -> str:
        """The address of a client, by its id or by the last part of it alone."""
        if "." not in name:
            self._prefix = self._prefix or self.fetch("/tenancy")["prefix"]
            name = f"{self._prefix}.{name}"
        return f"/clients/{quote(name, safe='')}"


def _describe(fault: httpx.HTTPError) -> str:
    return str(fault) or type(fault).__name__


def _read(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise CommandError(
            f"{answer.url.host} does not answer as a Borvo does; look at the address"
        ) from None


def _read_problem(answer: httpx.Response) -> Mapping[str, Any]:
    """Empty when the answer is no problem document."""
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) and isinstance(problem.get("detail"), str) else {}


def _explain(answer: httpx.Response, problem: Mapping[str, Any]) -> str:
    """What the problem document says, in one line; of anything else only the status."""
    if not problem:
        return f"{answer.url.host} answers with {answer.status_code} and no reason; look at the address"
    return _join(problem["detail"], problem)


def _join(detail: str, problem: Mapping[str, Any]) -> str:
    said = {member: " ".join(words) for member, words in problem.get("errors", {}).items()}
    faults = [f"{member}: {words}" for member, words in said.items() if words not in detail]
    yours, current = problem.get("yours", {}), problem.get("current", {})
    faults += [
        f"{name} is {current.get(name)!r} now, you want {yours.get(name)!r}." for name in {**current, **yours}
    ]
    return " ".join(" ".join([detail, *faults]).split())


def _check_url(url: str) -> str:
    """The token goes there: in the clear only within this machine."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    if not is_safe or parts.username or parts.password:
        raise CommandError(f"{url} is no https address of a Borvo", 2)
    return url.rstrip("/")


@contextmanager
def open_portal(url: str | None) -> Iterator[Portal]:
    """By `url` or the environment. Raises `CommandError` for what is missing there."""
    address, token = url or os.environ.get(URL_VARIABLE, ""), os.environ.get(TOKEN_VARIABLE, "").strip()
    if not address:
        raise CommandError(f"say where the Borvo is: --url or {URL_VARIABLE}", 2)
    if not token:
        raise CommandError(f"{TOKEN_VARIABLE} is not set; make a token in the portal, under Tokens", 2)
    if not (token.isascii() and token.isprintable()):
        raise CommandError(f"{TOKEN_VARIABLE} holds no token", 2)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=_check_url(address), headers=headers, timeout=_SECONDS) as http:
        yield Portal(http)
