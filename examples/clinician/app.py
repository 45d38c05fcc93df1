"""Clinician: an app for agents who ask people for readings and look at what they share.

It behaves as the published clinician sample does, and stands alone: Starlette for the pages, Authlib as the OpenID
Connect client, nothing of Borvo itself.
"""

import os
import secrets
import sys
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
ISSUER = os.environ.get("CLINICIAN_ISSUER", "http://localhost:8000")
PORT = int(os.environ.get("CLINICIAN_PORT", "5001"))
CLIENT_ID = os.environ.get("CLINICIAN_CLIENT_ID", "")
ORIGIN = f"http://localhost:{PORT}"
MMHG_PER_PASCAL = 0.00750061683


@dataclass(frozen=True)
class Kind:
    """One kind of reading: the types to ask for, the scopes that it needs, and how its numbers are shown."""

    title: str
    types: tuple[str, ...]
    scopes: tuple[str, ...]
    unit: str
    factor: float = 1.0
    digits: int = 0


_PARTS = ("blood_pressure_systolic", "blood_pressure_diastolic")
KINDS = {
    "blood_pressure": Kind(
        "Blood pressure",
        ("blood_pressure", *_PARTS),
        ("read.blood_pressure", *(f"read.blood_pressure.{part}" for part in _PARTS)),
        "mmHg",
        MMHG_PER_PASCAL,
    ),
    "weight": Kind("Weight", ("body_mass",), ("read.body_mass",), "kg", digits=1),
    "height": Kind("Height", ("height",), ("read.height",), "m", digits=2),
    "steps": Kind("Steps", ("step_count",), ("read.step_count",), "steps"),
    "heart_rate": Kind("Heart rate", ("heart_rate",), ("read.heart_rate",), "per minute", 60.0),
}

pages = Jinja2Templates(FOLDER / "templates")
# Tokens stay here, on the server; the browser's cookie holds only a random key. A real app uses a database.
signed_in: dict[str, dict[str, Any]] = {}

oauth = OAuth()
oauth.register(
    "borvo",
    client_id=CLIENT_ID,
    client_secret=os.environ.get("CLINICIAN_CLIENT_SECRET"),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    api_base_url=f"{ISSUER}/",
    client_kwargs={"scope": "openid profile email agency_api", "code_challenge_method": "S256"},
)


class RefusedError(Exception):
    """The API did not do what it was asked; the text says why."""


def find_token(request: Request) -> dict[str, Any] | None:
    return signed_in.get(request.session.get("key", ""))


async def call_api(token: dict[str, Any], method: str, path: str, **content: Any) -> Any:
    answer = await oauth.borvo.request(method, path, token=token, **content)
    if answer.is_success:
        return answer.json()
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    problem = answer.json() if is_problem else {}
    raise RefusedError(problem.get("detail") or f"It answered {answer.status_code}.")


async def list_people(token: dict[str, Any]) -> list[dict[str, Any]]:
    """`claims` answers a list of lists; of a kind of reading all scopes must be there."""
    people = []
    for claims in await call_api(token, "GET", "agency/v1/claims"):
        scopes = {claim["value"] for claim in claims if claim["type"] == "scope"}
        person = {claim["type"]: claim["value"] for claim in claims if claim["type"] != "scope"}
        person["kinds"] = {name: kind for name, kind in KINDS.items() if scopes.issuperset(kind.scopes)}
        people.append(person)
    return people


async def read_samples(token: dict[str, Any], subject: str, kind: Kind) -> list[dict[str, Any]]:
    """A query token opens one request within thirty seconds, so each request has one of its own."""
    body = {"includeAll": False, "specificallyIncludedSubs": [subject], "specificallyExcludedSubs": []}
    query_token = (await call_api(token, "POST", "agency/v1/querytoken", json=body))["value"]
    since = (datetime.now(UTC) - timedelta(days=90)).isoformat()
    query = {
        "types": kind.types,
        "RangeOfStartDate.LowerBound": since,
        "orderProperty": "EndDate",
        "orderDirection": "Descending",
        "take": 100,
    }
    headers = {"agency-query-token": query_token}
    answer = await call_api(token, "GET", "sample/v1", params=query, headers=headers)
    return [show_sample(sample, kind) for sample in answer["datas"]]


def show_sample(sample: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """Values travel in SI units; a blood pressure has two of them."""
    parts = sample["correlationObjects"] or [sample]
    values = [part["quantityValue"] * kind.factor for part in sorted(parts, key=_order_parts)]
    return {
        "at": datetime.fromisoformat(sample["dateRange"]["upperBound"]),
        "values": values,
        "text": "/".join(f"{value:.{kind.digits}f}" for value in values),
    }


def _order_parts(part: dict[str, Any]) -> bool:
    return bool(part["type"] == "blood_pressure_diastolic")


def draw_lines(samples: list[dict[str, Any]]) -> list[str]:
    """The points of one line a value, oldest first, for a picture of 600 by 160."""
    values = [value for sample in samples for value in sample["values"]]
    if len(samples) < 2:  # noqa: PLR2004  (one point is no line)
        return []
    low, span = min(values), (max(values) - min(values)) or 1.0
    step = 600 / (len(samples) - 1)
    return [
        " ".join(
            f"{number * step:.1f},{150 - 140 * (sample['values'][part] - low) / span:.1f}"
            for number, sample in enumerate(reversed(samples))
        )
        for part in range(len(samples[0]["values"]))
    ]


async def show_home(request: Request) -> Response:
    token = find_token(request)
    context: dict[str, Any] = {}
    if token:
        query = urlencode({"clientid": CLIENT_ID, "redirectUrl": f"{ORIGIN}/"})
        context = {
            "agent": token["userinfo"],
            "people": await list_people(token),
            "asking": f"{ISSUER}/agency/invite?{query}",
        }
    return pages.TemplateResponse(request, "home.html", context)


async def show_readings(request: Request) -> Response:
    token, kind = find_token(request), KINDS.get(request.path_params["kind"])
    if token is None:
        return RedirectResponse("/signin", 303)
    if kind is None:
        return say(request, "There is no such page", "Go back to the list.", 404)
    samples = await read_samples(token, request.path_params["subject"], kind)
    context = {"agent": token["userinfo"], "kind": kind, "samples": samples, "lines": draw_lines(samples)}
    return pages.TemplateResponse(request, "readings.html", context)


async def start_sign_in(request: Request) -> Response:
    redirect: Response = await oauth.borvo.authorize_redirect(request, f"{ORIGIN}/signin-oidc")
    return redirect


async def finish_sign_in(request: Request) -> Response:
    token = await oauth.borvo.authorize_access_token(request)
    token["userinfo"] = await oauth.borvo.userinfo(token=token)
    roles = token["userinfo"].get("role", [])
    if "agent" not in (roles if isinstance(roles, list) else [roles]):
        return say(request, "This app is for agents", "Ask the platform's support for the role.", 403)
    request.session["key"] = secrets.token_urlsafe(32)
    signed_in[request.session["key"]] = token
    return RedirectResponse("/", 303)


async def sign_out(request: Request) -> Response:
    signed_in.pop(request.session.pop("key", ""), None)
    return RedirectResponse("/", 303)


def say(request: Request, title: str, text: str, status: int = 200) -> Response:
    return pages.TemplateResponse(request, "message.html", {"title": title, "text": text}, status)


def explain_sign_in(request: Request, fault: Exception) -> Response:
    return say(request, "The sign-in did not work", f"Please try again. ({fault})", 400)


def explain_refusal(request: Request, fault: Exception) -> Response:
    return say(request, "Borvo refused the request", str(fault), 502)


def explain_silence(request: Request, _: Exception) -> Response:
    return say(request, "Borvo does not answer", f"Is it running at {ISSUER}? `make demo` starts one.", 502)


app = Starlette(
    routes=[
        Route("/", show_home),
        Route("/people/{subject}/{kind}", show_readings),
        Route("/signin", start_sign_in),
        Route("/signin-oidc", finish_sign_in),
        Route("/signout", sign_out, methods=["POST"]),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ],
    # SameSite=Lax keeps other sites from posting forms in a person's name.
    middleware=[
        Middleware(
            SessionMiddleware, secret_key=secrets.token_hex(), session_cookie="clinician", same_site="lax"
        )
    ],
    exception_handlers={
        OAuthError: explain_sign_in,
        RefusedError: explain_refusal,
        httpx.TransportError: explain_silence,
    },
)

if __name__ == "__main__":
    if not (CLIENT_ID and os.environ.get("CLINICIAN_CLIENT_SECRET")):
        sys.exit("Set CLINICIAN_CLIENT_ID and CLINICIAN_CLIENT_SECRET to those of a client of the portal.")
    sys.stdout.write(f"Clinician is at {ORIGIN}, and asks {ISSUER}\n")
    sys.stdout.flush()
    uvicorn.run(app, host="localhost", port=PORT, log_level="warning")
