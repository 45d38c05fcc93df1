"""Clinic: an app for agents who ask people for data in the name of their organisation.

It behaves as the published organisation sample does: it lists the agent's organisations, sends invites, is notified
when somebody agrees, and welcomes the person's browser back. It stands alone: Starlette for the pages, Authlib as the
OpenID Connect client, nothing of Borvo itself.
"""

import os
import secrets
import sys
import warnings
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from authlib.deprecate import AuthlibDeprecationWarning
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

with warnings.catch_warnings():
    # Authlib would rather have httpx2 and says so at every start; it works with httpx as well.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth

ISSUER = os.environ.get("CLINORG_ISSUER", "http://localhost:8000")
PORT = int(os.environ.get("CLINORG_PORT", "5001"))
ORIGIN = f"http://localhost:{PORT}"

pages = Jinja2Templates(Path(__file__).parent / "templates")
# A real app uses a database for all three.
signed_in: dict[str, dict[str, Any]] = {}
asked: set[str] = set()
agreed: dict[str, str] = {}

oauth = OAuth()
oauth.register(
    "borvo",
    client_id=os.environ.get("CLINORG_CLIENT_ID"),
    client_secret=os.environ.get("CLINORG_CLIENT_SECRET"),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    api_base_url=f"{ISSUER}/",
    client_kwargs={"scope": "openid profile agency_api", "code_challenge_method": "S256"},
)


def find_token(request: Request) -> dict[str, Any] | None:
    return signed_in.get(request.session.get("key", ""))


async def list_organisations(token: dict[str, Any]) -> list[dict[str, str]]:
    answer = await oauth.borvo.get("organizations/v1/membership", token=token)
    answer.raise_for_status()
    organisations: list[dict[str, str]] = answer.json()
    return organisations


async def show_home(request: Request, notice: str = "", status: int = 200) -> Response:
    token = find_token(request)
    context: dict[str, Any] = {"notice": notice, "agreed": agreed}
    if token:
        context |= {"agent": token["userinfo"], "organisations": await list_organisations(token)}
    return pages.TemplateResponse(request, "home.html", context, status)


async def send_invite(request: Request) -> Response:
    """Nothing given is null, as the published sample sends it; scopes come one a line."""
    token = find_token(request)
    if token is None:
        return RedirectResponse("/signin", 303)
    form, notify_state, redirect_state = await request.form(), str(uuid4()), str(uuid4())
    body = {
        "email": form.get("email") or None,
        "phoneNumber": form.get("phone") or None,
        "requestedScopes": str(form.get("scopes")).split("\n"),
        "organizationId": form.get("organisation") or None,
        "clientNotifyPath": "/Agency/Complete",
        "clientNotifyState": notify_state,
        "browserRedirectPath": "/Patient/Redirect",
        "browserRedirectState": redirect_state,
    }
    # Before the invite is on its way: the answer to it may be here sooner than that to this request.
    asked.update((notify_state, redirect_state))
    answer = await oauth.borvo.post("agency/v1/createagencyinvite", token=token, json=body)
    if answer.is_success:
        return await show_home(request, "The invite is on its way.")
    asked.difference_update((notify_state, redirect_state))
    return await show_home(request, describe_refusal(answer.json()), 400)


def describe_refusal(problem: dict[str, Any]) -> str:
    """What to mend, each fault once, though it may be that of two fields."""
    faults = dict.fromkeys(fault for each in problem.get("errors", {}).values() for fault in each)
    return " ".join(faults) or str(problem["detail"])


async def note_agreement(request: Request) -> Response:
    """Called by Borvo, and perhaps more than once. Anybody may call: only a state that was sent is believed."""
    subject, state = request.query_params.get("subject", ""), request.query_params.get("state", "")
    if subject and state in asked:
        agreed[subject] = state
    return Response(status_code=204)


async def welcome_back(request: Request) -> Response:
    is_known = request.query_params.get("state") in asked
    subject = request.query_params.get("subject", "N/A") if is_known else "N/A"
    return pages.TemplateResponse(request, "thanks.html", {"subject": subject})


async def start_sign_in(request: Request) -> Response:
    redirect: Response = await oauth.borvo.authorize_redirect(request, f"{ORIGIN}/signin-oidc")
    return redirect


async def finish_sign_in(request: Request) -> Response:
    token = await oauth.borvo.authorize_access_token(request)
    token["userinfo"] = await oauth.borvo.userinfo(token=token)
    request.session["key"] = secrets.token_urlsafe(32)
    signed_in[request.session["key"]] = token
    return RedirectResponse("/", 303)


async def explain_silence(request: Request, fault: Exception) -> Response:
    return pages.TemplateResponse(request, "thanks.html", {"fault": str(fault)}, 502)


app = Starlette(
    routes=[
        Route("/", show_home),
        Route("/invites", send_invite, methods=["POST"]),
        Route("/Agency/Complete", note_agreement),
        Route("/Patient/Redirect", welcome_back),
        Route("/signin", start_sign_in),
        Route("/signin-oidc", finish_sign_in),
    ],
    middleware=[
        Middleware(
            SessionMiddleware, secret_key=secrets.token_hex(), session_cookie="clinorg", same_site="lax"
        )
    ],
    exception_handlers={httpx.HTTPError: explain_silence},
)

if __name__ == "__main__":
    if not (os.environ.get("CLINORG_CLIENT_ID") and os.environ.get("CLINORG_CLIENT_SECRET")):
        sys.exit("Set CLINORG_CLIENT_ID and CLINORG_CLIENT_SECRET to those of a client of the portal.")
    sys.stdout.write(f"Clinic is at {ORIGIN}, and asks {ISSUER}\n")
    sys.stdout.flush()
    uvicorn.run(app, host="localhost", port=PORT, log_level="warning")
