"""Worker: a program without a user that asks a person for data in the name of an organisation.

It behaves as the published client-credentials sample does: a new token before each call, then `createagencyinvite`.
"""

import argparse
import os
import sys
from uuid import uuid4

import httpx

ISSUER = os.environ.get("WORKER_ISSUER", "http://localhost:8000")


def request_token(http: httpx.Client) -> str:
    """The client's own token (RFC 6749 4.4)."""
    answer = http.post(
        "/connect/token",
        data={"grant_type": "client_credentials", "scope": "agency_api"},
        auth=(os.environ["WORKER_CLIENT_ID"], os.environ["WORKER_CLIENT_SECRET"]),
    )
    if not answer.is_success:
        sys.exit(f"Borvo gave no token: {answer.text}")
    return str(answer.json()["access_token"])


def send_invite(http: httpx.Client, options: argparse.Namespace) -> httpx.Response:
    """Paths are those of the client's own site, to which Borvo says when the person has agreed."""
    body = {
        "email": options.email,
        "phoneNumber": options.phone,
        "requestedScopes": options.scopes,
        "organizationId": options.organisation,
        "clientNotifyPath": "/Agency/Complete",
        "clientNotifyState": str(uuid4()),
        "browserRedirectPath": "/Patient/Redirect",
        "browserRedirectState": str(uuid4()),
    }
    headers = {"Authorization": f"Bearer {request_token(http)}"}
    return http.post("/agency/v1/createagencyinvite", json=body, headers=headers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("organisation", help="the organisation's id")
    parser.add_argument("scopes", nargs="+", help="such as read.step_count")
    parser.add_argument("--email")
    parser.add_argument("--phone", help="with the international prefix")
    options = parser.parse_args()
    if not (os.environ.get("WORKER_CLIENT_ID") and os.environ.get("WORKER_CLIENT_SECRET")):
        sys.exit("Set WORKER_CLIENT_ID and WORKER_CLIENT_SECRET to those of a client of the portal.")
    with httpx.Client(base_url=ISSUER) as http:
        answer = send_invite(http, options)
    if not answer.is_success:
        problem = answer.json()
        sys.exit(f"{problem['detail']} {problem.get('errors', '')}".strip())
    sys.stdout.write(f"The invite is on its way: {answer.json()}\n")


if __name__ == "__main__":
    main()
