"""A short way to the endpoints that programs call most: tokens, introspection and user info. All that comes by it is
answered here, with refusals of the protocol too; what is raised goes on to the handler."""

from functools import partial

from litestar.types import ASGIApp, HTTPScope, Receive

from borvo.identity.endpoints import Answering, answer_form, answer_userinfo
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.issuance import answer_token_request
from borvo.identity.service.token_state import introspect_token
from borvo.web.lanes import Lane, Reply, is_ordinary_host
from borvo.web.requests import Arrival


class ProviderLane(Lane):
    """A layer around the application, which takes bodies of so many bytes."""

    def __init__(self, app: ASGIApp, identity: Identity, body_limit: int) -> None:
        super().__init__(app)
        self._identity = identity
        self._body_limit = body_limit
        forms = {"/connect/token": answer_token_request, "/connect/introspect": introspect_token}
        self._replies: dict[tuple[str, str], Reply] = {
            ("POST", path): partial(self._answer_form, answering) for path, answering in forms.items()
        }
        self._replies |= {(method, "/connect/userinfo"): self._answer_userinfo for method in ("GET", "POST")}

    def find(self, scope: HTTPScope) -> Reply | None:
        reply = self._replies.get((scope["method"], scope["path"]))
        return reply if reply is not None and _is_ordinary(scope) else None

    async def _answer_form(self, answering: Answering, scope: HTTPScope, receive: Receive) -> ASGIApp:
        return await answer_form(Arrival(scope, receive, self._body_limit), self._identity, answering)

    async def _answer_userinfo(self, scope: HTTPScope, receive: Receive) -> ASGIApp:
        return await answer_userinfo(Arrival(scope, receive, self._body_limit), self._identity)


def _is_ordinary(scope: HTTPScope) -> bool:
    return not any(name == b"host" and not is_ordinary_host(value) for name, value in scope["headers"])
