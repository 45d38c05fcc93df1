"""What the rows about the OpenID provider need to know of the server that they call: Borvo, or a peer."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class App:
    """A client with its secret, sent as client_secret_post, and the scopes that it asks for."""

    client_id: str
    secret: str
    scope: str
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A running OpenID provider. `app` may use the code flow, refresh tokens and introspection, and all people who are
    in `emails` have consented to its scopes; `service` may use client credentials. ID tokens and the access tokens of
    `service` are RS256 JWTs by a key of 2,048 bits. The access tokens of `app` are opaque, which spares a signature
    and costs a row: the peer's user info takes no others.

    The sign-in page is reached from the authorization endpoint by redirects; it has one form with fields for the
    address and the password, which all people share. After it, redirects lead to the code.
    """

    name: str
    host: str
    port: int
    list_workers: Callable[[], list[int]]
    authorize_path: str
    token_path: str
    userinfo_path: str
    introspection_path: str
    app: App
    service: App
    emails: tuple[str, ...]
    email_field: str
    password_field: str
    password: str
