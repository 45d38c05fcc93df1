"""My blood pressure: an app that signs people in with Borvo, writes a reading of theirs and lists the last ones.

It stands alone: Starlette for the pages, Authlib as the OpenID Connect client, nothing of Borvo itself.
"""

import os
import secrets
import sys
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
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
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

with warnings.catch_warnings():
    # Authlib would rather have httpx2 and says so at every start; it works with httpx as well.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth, OAuthError

FOLDER = Path(__file__).parent
ISSUER = os.environ.get("MYBP_ISSUER", "http://localhost:8000")
PORT = int(os.environ.get("MYBP_PORT", "5001"))
ORIGIN = f"http://localhost:{PORT}"
TYPES = ("blood_pressure", "blood_pressure_systolic", "blood_pressure_diastolic")
SCOPES = (
    "blood_pressure",
    "blood_pressure.blood_pressure_systolic",
    "blood_pressure.blood_pressure_diastolic",
)
PASCAL_PER_MMHG = 133.322387415
BOUNDS = {"systolic": (50, 300), "diastolic": (20, 200)}

pages = Jinja2Templates(FOLDER / "templates")
# Tokens stay here, on the server; the browser's cookie holds only a random key. A real app uses a database.
signed_in: dict[str, dict[str, Any]] = {}

# Everything about the provider comes from its discovery document. Authlib makes state, nonce and the PKCE
# challenge for each sign-in, and checks them and the id token's signature on the way back.
oauth = OAuth()
oauth.register(
    "borvo",
    client_id=os.environ.get("MYBP_CLIENT_ID"),
    client_secret=os.environ.get("MYBP_CLIENT_SECRET"),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    api_base_url=f"{ISSUER}/",
    client_kwargs={
        "scope": " ".join(
            ["openid profile", *(f"{verb}.{name}" for verb in ("read", "write") for name in SCOPES)]
        ),
        "code_challenge_method": "S256",
    },
)


class RefusedError(Exception):
    """The API did not do what it was asked; the text says why."""


def find_token(request: Request) -> dict[str, Any] | None:
    return signed_in.get(request.session.get("key", ""))


def forget(request: Request) -> dict[str, Any] | None:
    return signed_in.pop(request.session.pop("key", ""), None)


async def call_api(token: dict[str, Any], method: str, **content: Any) -> Any:
    """The access token travels as a bearer token; a refusal comes back as a problem document (RFC 9457)."""
    answer = await oauth.borvo.request(method, "sample/v1", token=token, **content)
    if answer.is_success:
        return answer.json()
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    problem = answer.json() if is_problem else {}
    raise RefusedError(problem.get("detail") or problem.get("title") or f"It answered {answer.status_code}.")


def build_sample(type_: str, mmhg: int | None, children: list[dict[str, Any]], now: str) -> dict[str, Any]:
    """One sample as `POST /sample/v1` reads it. Values travel in SI units, here pascal; the id of our own makes
    a repeated submission harmless."""
    sample = {
        "type": type_,
        "clientAssignedId": str(uuid4()),
        "dateRange": {"lowerBound": now, "upperBound": now},
        "correlationObjects": children,
    }
    return sample if mmhg is None else {**sample, "quantityValue": mmhg * PASCAL_PER_MMHG}


def build_reading(values: Mapping[str, int]) -> dict[str, Any]:
    """A blood pressure is a correlation: the two numbers are children of one sample."""
    now = datetime.now(UTC).isoformat()
    children = [build_sample(f"blood_pressure_{name}", mmhg, [], now) for name, mmhg in values.items()]
    return build_sample("blood_pressure", None, children, now)


def show_reading(sample: dict[str, Any]) -> dict[str, Any]:
    mmhg = {
        each["type"]: round(each["quantityValue"] / PASCAL_PER_MMHG) for each in sample["correlationObjects"]
    }
    return {
        "at": datetime.fromisoformat(sample["dateRange"]["lowerBound"]),
        "systolic": mmhg["blood_pressure_systolic"],
        "diastolic": mmhg["blood_pressure_diastolic"],
    }


async def list_readings(token: dict[str, Any]) -> list[dict[str, Any]]:
    order = {"orderProperty": "StartDate", "orderDirection": "Descending", "take": 10}
    answer = await call_api(token, "GET", params={"types": TYPES, **order})
    return [show_reading(sample) for sample in answer["datas"]]


async def show_home(request: Request, fault: str = "", status: int = 200) -> Response:
    token = find_token(request)
    context: dict[str, Any] = {"fault": fault, "is_saved": "saved" in request.query_params, "bounds": BOUNDS}
    if token:
        context |= {"person": token["userinfo"], "readings": await list_readings(token)}
    return pages.TemplateResponse(request, "home.html", context, status)


async def save_reading(request: Request) -> Response:
    token = find_token(request)
    if token is None:
        return RedirectResponse("/signin", 303)
    form = await request.form()
    try:
        values = {name: int(str(form.get(name))) for name in BOUNDS}
    except ValueError:
        return await show_home(request, "Please enter both numbers.", 422)
    if not all(low <= values[name] <= high for name, (low, high) in BOUNDS.items()):
        return await show_home(request, "These numbers are no blood pressure. Please look again.", 422)
    await call_api(token, "POST", json=[build_reading(values)])
    return RedirectResponse("/?saved", 303)


async def start_sign_in(request: Request) -> Response:
    redirect: Response = await oauth.borvo.authorize_redirect(request, f"{ORIGIN}/signin-oidc")
    return redirect


async def finish_sign_in(request: Request) -> Response:
    token = await oauth.borvo.authorize_access_token(request)
    # The id token says who it is; names come from the userinfo endpoint.
    token["userinfo"] = await oauth.borvo.userinfo(token=token)
    request.session["key"] = secrets.token_urlsafe(32)
    signed_in[request.session["key"]] = token
    return RedirectResponse("/", 303)


async def sign_out(request: Request) -> Response:
    """Here first, then at Borvo, which is told by the id token who leaves, and sends the browser back."""
    token = forget(request)
    if token is None:
        return RedirectResponse("/", 303)
    redirect: Response = await oauth.borvo.logout_redirect(
        request, post_logout_redirect_uri=f"{ORIGIN}/signout-callback-oidc", id_token_hint=token["id_token"]
    )
    return redirect


async def finish_sign_out(request: Request) -> Response:
    return say(request, "You are signed out", "Here and at Borvo.")


def say(request: Request, title: str, text: str, status: int = 200) -> Response:
    return pages.TemplateResponse(request, "message.html", {"title": title, "text": text}, status)


def explain_sign_in(request: Request, fault: Exception) -> Response:
    if getattr(fault, "error", "") == "access_denied":
        return say(
            request, "You did not allow it", "That is fine: nothing was shared. You can change your mind."
        )
    return say(request, "The sign-in did not work", f"Please try again. ({fault})", 400)


def explain_refusal(request: Request, fault: Exception) -> Response:
    forget(request)
    return say(request, "Borvo refused the request", f"{fault} Signing in again may help.", 502)


def explain_silence(request: Request, _: Exception) -> Response:
    return say(request, "Borvo does not answer", f"Is it running at {ISSUER}? `make demo` starts one.", 502)


app = Starlette(
    routes=[
        Route("/", show_home),
        Route("/readings", save_reading, methods=["POST"]),
        Route("/signin", start_sign_in),
        Route("/signin-oidc", finish_sign_in),
        Route("/signout", sign_out, methods=["POST"]),
        Route("/signout-callback-oidc", finish_sign_out),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ],
    # SameSite=Lax keeps other sites from posting forms in a person's name.
    middleware=[
        Middleware(SessionMiddleware, secret_key=secrets.token_hex(), session_cookie="mybp", same_site="lax")
    ],
    exception_handlers={
        OAuthError: explain_sign_in,
        RefusedError: explain_refusal,
        httpx.TransportError: explain_silence,
    },
)

if __name__ == "__main__":
    if not (os.environ.get("MYBP_CLIENT_ID") and os.environ.get("MYBP_CLIENT_SECRET")):
        sys.exit("Set MYBP_CLIENT_ID and MYBP_CLIENT_SECRET to those of a client registered in the portal.")
    sys.stdout.write(f"My blood pressure is at {ORIGIN}, and asks {ISSUER}\n")
    sys.stdout.flush()
    uvicorn.run(app, host="localhost", port=PORT, log_level="warning")
