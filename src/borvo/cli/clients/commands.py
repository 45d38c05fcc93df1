"""`borvo client`: each command is one or two requests to the management API."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from borvo.cli.clients.connection import CONFLICT, Portal, RefusedError, open_portal
from borvo.cli.clients.files import read_content
from borvo.cli.clients.members import read_members
from borvo.cli.clients.printing import (
    list_differences,
    make_plain,
    print_client,
    print_json,
    print_lines,
    print_table,
)
from borvo.cli.failure import CommandError

Deed = Callable[[Portal, argparse.Namespace], None]
ABSENT = {"If-None-Match": "*"}


def run(options: argparse.Namespace) -> None:
    """The deed that the options name, on the portal that they name."""
    deed: Deed = options.deed
    with open_portal(options.url) as portal:
        deed(portal, options)


def _say(text: str) -> None:
    """For people; what programs read stands on standard output alone."""
    sys.stderr.write(f"{make_plain(text)}\n")


def list_clients(portal: Portal, options: argparse.Namespace) -> None:
    wanted = (("q", options.search), ("state", options.state), ("secrets", options.secrets))
    asked = {name: value for name, value in wanted if value}
    found = portal.fetch("/clients", **asked)
    clients = [*found["clients"]]
    for page in range(2, found["pages"] + 1):
        clients += portal.fetch("/clients", **asked, page=str(page))["clients"]
    if options.json:
        print_json(clients)
    elif clients:
        names = ("client_id", "state", "display_name")
        rows = [
            [*(each[name] for name in names), each["last_used_at"] or "never", each["secret_ends_at"] or "-"]
            for each in clients
        ]
        print_table([["CLIENT ID", "STATE", "NAME", "LAST USED", "SECRET ENDS SOON"], *rows])


def show_client(portal: Portal, options: argparse.Namespace) -> None:
    print_client(portal.fetch(portal.name_client(options.client)), is_json=options.json)


def _save(
    portal: Portal, options: argparse.Namespace, path: str, known: dict[str, str], body: dict[str, Any]
) -> None:
    params = {"dry_run": "true"} if options.dry_run else {}
    told = portal.call("PUT", path, headers=known, json=body, params=params).json()
    if not options.dry_run:
        print_client(told, is_json=options.json)
    elif options.json:
        print_json(told)
    else:
        print_lines(list_differences(told))


def create_client(portal: Portal, options: argparse.Namespace) -> None:
    path = portal.name_client(options.client)
    try:
        _save(portal, options, path, ABSENT, read_members(options))
    except RefusedError as refused:
        if refused.code != CONFLICT or not options.if_absent:
            raise
        print_client(portal.fetch(path), is_json=options.json)


def update_client(portal: Portal, options: argparse.Namespace) -> None:
    """Only what was said is changed, and only while nobody else changes the client."""
    members = read_members(options)
    if not members:
        raise CommandError("say what to change; --help lists it", 2)
    path = portal.name_client(options.client)
    answer = portal.call("GET", path)
    details = {**answer.json()["details"], **members}
    _save(portal, options, path, {"If-Match": answer.headers["etag"]}, details)


def change_state(portal: Portal, options: argparse.Namespace) -> None:
    path = f"{portal.name_client(options.client)}/state/{options.state_action}"
    print_client(portal.call("POST", path).json(), is_json=options.json)


def set_logo(portal: Portal, options: argparse.Namespace) -> None:
    path = f"{portal.name_client(options.client)}/logo"
    content = read_content(options.picture)
    print_client(portal.call("PUT", path, content=content).json(), is_json=options.json)


def end_registration(portal: Portal, options: argparse.Namespace) -> None:
    path = f"{portal.name_client(options.client)}/registration"
    print_client(portal.call("DELETE", path).json(), is_json=options.json)


def delete_client(portal: Portal, options: argparse.Namespace) -> None:
    path = portal.name_client(options.client)
    client_id = portal.fetch(path)["client_id"]
    if options.confirm != client_id:
        raise CommandError(f"to delete it, say --confirm {client_id}", 2)
    gone = portal.call("DELETE", path, params={"confirm": client_id}).json()
    print_client(gone, is_json=options.json)


def list_secrets(portal: Portal, options: argparse.Namespace) -> None:
    secrets = portal.fetch(f"{portal.name_client(options.client)}/secrets")["secrets"]
    if options.json:
        print_json(secrets)
    elif secrets:
        rows = [
            [
                each["id"],
                each["label"] or "-",
                each["ending"] or "-",
                (each["expires_at"] or "never") if each["is_live"] else "expired",
                each["last_used_at"] or "never",
            ]
            for each in secrets
        ]
        print_table([["ID", "LABEL", "ENDING", "EXPIRES", "LAST USED"], *rows])


def add_secret(portal: Portal, options: argparse.Namespace) -> None:
    """Prints the secret and nothing else, for `SECRET=$(...)`."""
    path = f"{portal.name_client(options.client)}/secrets"
    if options.if_absent and _find_live(portal, path, options.label):
        _say(f"A secret {options.label} is there already; nothing was added.")
        return
    terms = {name: value for name, value in (("label", options.label), ("days", options.days)) if value}
    told = portal.call("POST", path, json=terms).json()
    if options.json:
        print_json(told)
    else:
        sys.stdout.write(f"{told['secret']}\n")
        _say("It is not shown again.")


def _find_live(portal: Portal, path: str, label: str) -> bool:
    if not label:
        raise CommandError("--if-absent needs --label, which says which secret is meant", 2)
    secrets = portal.fetch(path)["secrets"]
    return any(each["label"] == label and each["is_live"] for each in secrets)


def revoke_secret(portal: Portal, options: argparse.Namespace) -> None:
    path = f"{portal.name_client(options.client)}/secrets"
    secret_id = _pick(portal.fetch(path)["secrets"], options.secret)
    params = {"last": "true"} if options.last else {}
    try:
        portal.call("DELETE", f"{path}/{secret_id}", params=params)
    except RefusedError as refused:
        if "last" not in refused.members:
            raise
        raise CommandError("it is the last secret that works; say --last to revoke it all the same") from None
    if options.json:
        print_json({"revoked": secret_id})


def _pick(secrets: list[dict[str, Any]], name: str) -> str:
    """By id, or by a label or an ending that only one has."""
    found = [each["id"] for each in secrets if name in {each["id"], each["label"], each["ending"]}]
    if not found:
        raise RefusedError(f"The client has no secret {name}; `secret list` shows those that it has.", 404)
    if len(found) > 1:
        raise CommandError(f"several secrets are called {name}; name one by its id", 2)
    return str(found[0])
