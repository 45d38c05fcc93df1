"""The command line of `borvo support`."""

import argparse
from typing import Any

from borvo.accounts.public import Role
from borvo.cli import auditing, organisations, people, support
from borvo.support.public import BY_COMMAND

# Everybody is a patient: that role is neither given nor taken.
_GIVEN_ROLES = [role for role in Role if role is not Role.PATIENT]


def add_support(parser: argparse.ArgumentParser) -> None:
    """The topics, their commands and options."""
    topics = parser.add_subparsers(dest="topic", required=True, metavar="TOPIC")
    people.add_people(_add_topic(topics, "person", "help a person with her account"))
    _add_roles(_add_topic(topics, "role", "give or take a role"))
    _add_tenancies(_add_topic(topics, "tenancy", "developer tenancies"))
    organisations.add_organisations(_add_topic(topics, "organisation", "clinics and the like"), _add_topic)
    _add_events(_add_topic(topics, "events", "the security event log"))
    _add_audit(
        _add_topic(topics, "audit", "the security event log as a whole: whether it is intact, and all of it")
    )
    _add_outbox(_add_topic(topics, "outbox", "messages that are to leave the instance"))


def _add_topic(topics: Any, name: str, summary: str) -> Any:
    return topics.add_parser(name, help=summary).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )


def _read_role(name: str) -> Role:
    # argparse's own `choices` would answer with the names of Python objects.
    if name not in _GIVEN_ROLES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(_GIVEN_ROLES)}")
    return Role(name)


def _add_roles(roles: Any) -> None:
    for action in ("add", "remove"):
        command = roles.add_parser(action, help=f"{action} a role of a person")
        command.add_argument("email", metavar="EMAIL")
        command.add_argument("role", metavar="ROLE", type=_read_role, help=", ".join(_GIVEN_ROLES))
        command.add_argument(
            "--reason",
            default=BY_COMMAND,
            help="why; she reads it in her security log (default: %(default)s)",
        )
        command.set_defaults(run=support.change_role, is_granted=action == "add")


def _add_tenancies(tenancies: Any) -> None:
    create = tenancies.add_parser("create", help="create a tenancy for a developer")
    create.add_argument("--owner", required=True, metavar="EMAIL", help="a registered person")
    create.add_argument(
        "--prefix", help="of its client ids: a-z and 0-9; 64 random hex characters by default"
    )
    create.set_defaults(run=support.create_tenancy)
    tenancies.add_parser("list", help="list all tenancies").set_defaults(run=support.list_tenancies)
    for name, run, summary in (
        (
            "suspend",
            support.suspend_tenancy,
            "disable all its clients at once, and keep its members from changes",
        ),
        ("resume", support.resume_tenancy, "end a suspension"),
    ):
        command = tenancies.add_parser(name, help=summary)
        _name_tenancy(command)
        command.set_defaults(run=run)
    prefix = _add_topic(tenancies, "prefix", "the prefix of its client ids").add_parser(
        "set", help="give a tenancy without clients another prefix"
    )
    _name_tenancy(prefix)
    prefix.add_argument("prefix", metavar="PREFIX", help="a-z and 0-9, at most 64 characters")
    prefix.set_defaults(run=support.set_prefix)
    _add_members(_add_topic(tenancies, "member", "who belongs to it"))
    _add_initial_tokens(_add_topic(tenancies, "initial-token", "with which programs register its clients"))


def _name_tenancy(command: argparse.ArgumentParser) -> None:
    command.add_argument("tenancy", metavar="TENANCY", help="its prefix or its id")


def _add_members(members: Any) -> None:
    add = members.add_parser("add", help="make a registered person a member, or give a member another role")
    _name_tenancy(add)
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--role", default="developer", help="owner, developer or viewer (default: %(default)s)")
    add.set_defaults(run=support.add_member)
    remove = members.add_parser("remove", help="remove a member")
    _name_tenancy(remove)
    remove.add_argument("email", metavar="EMAIL")
    remove.set_defaults(run=support.remove_member)


def _add_initial_tokens(tokens: Any) -> None:
    create = tokens.add_parser("create", help="make one, and print it; it is not shown again")
    _name_tenancy(create)
    create.add_argument("--label", required=True, help="what registers clients with it")
    create.add_argument("--days", type=int, default=30, help="until it ends (default: %(default)s)")
    create.add_argument("--clients", type=int, default=10, help="that it may register (default: %(default)s)")
    create.set_defaults(run=support.create_initial_token)
    listing = tokens.add_parser("list", help="list them, newest first")
    _name_tenancy(listing)
    listing.set_defaults(run=support.list_initial_tokens)
    revoke = tokens.add_parser("revoke", help="end one; the clients that it registered stay")
    _name_tenancy(revoke)
    revoke.add_argument("id", metavar="ID", help="as `initial-token list` shows it")
    revoke.set_defaults(run=support.revoke_initial_token)


def _add_events(events: Any) -> None:
    listing = events.add_parser("list", help="list what happened, newest first, times in UTC")
    subject = listing.add_mutually_exclusive_group(required=True)
    subject.add_argument("--person", metavar="EMAIL", help="the log of a registered person")
    subject.add_argument("--client", metavar="CLIENT_ID", help="what concerns a client")
    listing.set_defaults(run=support.list_events)


def _add_audit(audit: Any) -> None:
    verify = audit.add_parser("verify", help="look whether any security event was changed or taken away")
    verify.add_argument(
        "--head",
        default="",
        metavar="HEAD",
        help="what an earlier look printed: then it is also seen when the end was cut off",
    )
    verify.set_defaults(run=auditing.verify)
    export = audit.add_parser("export", help="write security events as lines of JSON, the oldest first")
    for name in ("since", "until"):
        export.add_argument(
            f"--{name}",
            type=auditing.read_moment,
            metavar="TIME",
            help="such as 2026-11-26 or 2026-11-26T08:00Z",
        )
    export.add_argument("--kind", metavar="KIND", help="such as sign_in_failed")
    export.add_argument("--person", metavar="EMAIL", help="the log of a registered person")
    export.add_argument("--client", metavar="CLIENT_ID", help="what concerns a client")
    export.add_argument("--address", metavar="ADDRESS", help="what came from a network address")
    export.add_argument(
        "--request", metavar="NUMBER", help="what a request did, by the number of its error page"
    )
    export.set_defaults(run=auditing.export)


def _add_outbox(outbox: Any) -> None:
    listing = outbox.add_parser("list", help="list what waits to be delivered")
    listing.add_argument("--dead", action="store_true", help="what was given up, instead")
    listing.set_defaults(run=support.list_outbox)
    retry = outbox.add_parser("retry", help="try an undelivered message again now")
    retry.add_argument("id", metavar="ID", help="as `outbox list` shows it")
    retry.set_defaults(run=support.retry_message)
