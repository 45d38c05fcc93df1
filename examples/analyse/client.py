"""A client of Borvo for programs that analyse: it signs a person in through her browser, and reads and writes samples.

It uses nothing of Borvo but its HTTP APIs: Authlib for OAuth, httpx for the rest.
"""

import json
import webbrowser
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client

Sample = dict[str, Any]
_BATCH = 10_000


class BorvoClient:
    """One person's access. `begin` gives the address that she opens; `finish` takes the one that she comes back to."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self._issuer = issuer
        self._redirect_uri = redirect_uri
        self._verifier = generate_token(64)
        self._state = ""
        self._http = OAuth2Client(
            client_id,
            client_secret,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            base_url=issuer,
            timeout=60,
        )
        self._endpoints = self._http.request(
            "GET", "/.well-known/openid-configuration", withhold_token=True
        ).json()

    def begin(self, *scopes: str) -> str:
        """The address of the sign-in, for a browser."""
        address, self._state = self._http.create_authorization_url(
            self._endpoints["authorization_endpoint"],
            scope=" ".join(("openid", *scopes)),
            code_verifier=self._verifier,
        )
        return str(address)

    def finish(self, answer: str) -> None:
        """Exchanges the code in the address for an access token; raises what Authlib raises when she declined."""
        self._http.fetch_token(
            self._endpoints["token_endpoint"],
            authorization_response=answer,
            state=self._state,
            code_verifier=self._verifier,
        )

    def sign_in(self, *scopes: str) -> None:
        """Opens a browser, and waits on the port of the redirect URI until it comes back."""
        address = self.begin(*scopes)
        print(f"Sign in at {address}")  # noqa: T201
        webbrowser.open(address)
        self.finish(_await_answer(self._redirect_uri))

    def close(self) -> None:
        """Its connections; the person stays signed in."""
        self._http.close()

    def read(self, *types: str, **query: str | list[str]) -> Iterator[Sample]:
        """All samples that the query finds, one after the other, however many: a line of NDJSON each."""
        headers = {"Accept": "application/x-ndjson"}
        parameters = {"types": ",".join(types), **query}
        with self._http.stream("GET", "/sample/v1", params=parameters, headers=headers) as answer:
            if answer.is_error:
                answer.read()
                raise RuntimeError(f"{answer.status_code}: {answer.text}")
            for line in answer.iter_lines():
                yield json.loads(line)

    def write(self, samples: Iterable[Sample]) -> int:
        """How many were new. Each needs a `clientAssignedId`, which makes writing them again harmless."""
        waiting, created = iter(samples), 0
        while batch := list(islice(waiting, _BATCH)):
            answer = self._http.post("/sample/v1", json=batch)
            if answer.is_error:
                raise RuntimeError(f"{answer.status_code}: {answer.text}")
            created += sum(each["status"] == "created" for each in answer.json()["samples"])
        return created


def _await_answer(redirect_uri: str) -> str:
    """The address with which the browser comes back."""
    found: list[str] = []
    place = urlsplit(redirect_uri)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"You are signed in. Go back to the analysis.")
            if self.path.partition("?")[0] == place.path:
                found.append(f"{place.scheme}://{place.netloc}{self.path}")

        def log_message(self, *_: object) -> None:
            """Nothing: the address holds the code."""

    with HTTPServer(("localhost", place.port or 80), Handler) as server:
        while not found:
            server.handle_request()
    return found[0]
