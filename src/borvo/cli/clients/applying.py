"""`borvo client apply`: makes the clients of a tenancy what a file says. What is shown first is what is done."""

import argparse
import hashlib
import sys
from dataclasses import dataclass
from typing import Any

import msgspec

from borvo.cli.clients.commands import ABSENT
from borvo.cli.clients.connection import NOT_FOUND, WOULD_CHANGE, Portal, RefusedError
from borvo.cli.clients.files import FiledClient, read_clients
from borvo.cli.clients.printing import list_differences, print_json, print_lines
from borvo.cli.failure import CommandError


@dataclass(frozen=True, slots=True)
class Step:
    """One client: how it is asked for, under which condition, and what the server says that this would do."""

    path: str
    known: dict[str, str]
    body: dict[str, Any]
    logo: bytes
    plan: dict[str, Any]
    changes_logo: bool

    @property
    def is_needed(self) -> bool:
        return self.plan["outcome"] != "nothing" or self.changes_logo


def apply_file(portal: Portal, options: argparse.Namespace) -> None:
    """All is planned before anything is saved: a client that cannot be saved keeps the others from it, too."""
    steps = [_plan(portal, client) for client in read_clients(options.file)]
    needed = [step for step in steps if step.is_needed]
    if not options.json:
        print_lines(line for step in needed for line in _describe(step))
        print_lines([] if needed else ["Nothing to change."])
    if options.dry_run or not needed:
        _print_plans(steps, is_json=options.json)
        if needed and options.exit_code:
            sys.exit(WOULD_CHANGE)
        return
    _confirm(options, len(needed))
    _save_all(portal, needed, is_json=options.json)
    _print_plans(steps, is_json=options.json)


def _plan(portal: Portal, client: FiledClient) -> Step:
    path = portal.name_client(client.suffix)
    etag, logo = _look(portal, path)
    known = {"If-Match": etag} if etag else ABSENT
    body = msgspec.to_builtins(client.details)
    try:
        plan = portal.call("PUT", path, headers=known, json=body, params={"dry_run": "true"}).json()
    except RefusedError as refused:
        raise RefusedError(f"{client.suffix}: {refused}", refused.status) from None
    changes_logo = bool(client.logo) and hashlib.sha256(client.logo).hexdigest() != logo
    return Step(path, known, body, client.logo, plan, changes_logo)


def _look(portal: Portal, path: str) -> tuple[str, str]:
    """The ETag and the logo of the client; empty when it is not there yet."""
    try:
        answer = portal.call("GET", path)
    except RefusedError as refused:
        if refused.code != NOT_FOUND:
            raise
        return "", ""
    return answer.headers["etag"], answer.json()["logo"]


def _describe(step: Step) -> list[str]:
    return [*list_differences(step.plan), *(["  logo"] if step.changes_logo else [])]


def _print_plans(steps: list[Step], *, is_json: bool) -> None:
    if is_json:
        print_json([{**step.plan, "changes_logo": step.changes_logo} for step in steps])


def _confirm(options: argparse.Namespace, count: int) -> None:
    if options.yes:
        return
    if options.file == "-" or options.json or not sys.stdin.isatty():
        raise CommandError("nothing was changed; say --yes to do it, or --dry-run to look only", 2)
    sys.stderr.write(f"Save {count} client{'s' if count > 1 else ''}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError("nothing was changed")


def _save_all(portal: Portal, steps: list[Step], *, is_json: bool) -> None:
    """One after the other, each under the condition under which it was planned."""
    for number, step in enumerate(steps):
        try:
            _save(portal, step)
        except RefusedError as refused:
            saved = ", ".join(done.plan["client_id"] for done in steps[:number]) or "none"
            text = f"{step.plan['client_id']}: {refused} Saved before: {saved}."
            raise RefusedError(text, refused.status) from None
        if not is_json:
            print_lines([f"{step.plan['client_id']}: saved"])


def _save(portal: Portal, step: Step) -> None:
    if step.plan["outcome"] != "nothing":
        portal.call("PUT", step.path, headers=step.known, json=step.body)
    if step.changes_logo:
        portal.call("PUT", f"{step.path}/logo", content=step.logo)
