"""`borvo support organisation`."""

import argparse
from typing import Any

from borvo.cli.instance import run_on_instance
from borvo.support import organisations as team


def create(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.create_organisation(platform.organisations, options.name))


def show_all(_: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.list_organisations(platform.organisations))


def change_client(options: argparse.Namespace) -> None:
    act = team.allow_client if options.is_allowed else team.disallow_client
    run_on_instance(lambda platform: act(platform.organisations, options.client, options.organisation))


def add_member(options: argparse.Namespace) -> None:
    run_on_instance(
        lambda platform: team.add_member(
            platform.organisations, options.organisation, options.email, options.role
        )
    )


def remove_member(options: argparse.Namespace) -> None:
    run_on_instance(
        lambda platform: team.remove_member(
            platform.organisations, options.organisation, options.email, options.role
        )
    )


def _name_organisation(command: argparse.ArgumentParser) -> None:
    command.add_argument("organisation", metavar="ORGANISATION", help="its name or its id")


def add_organisations(actions: Any, add_topic: Any) -> None:
    """The commands below `borvo support organisation`; `add_topic` makes one more level."""
    making = actions.add_parser("create", help="create an organisation")
    making.add_argument(
        "name", metavar="NAME", help="as people will read it in mails and when they are asked"
    )
    making.set_defaults(run=create)
    actions.add_parser("list", help="list all organisations").set_defaults(run=show_all)
    for name, summary in (
        ("allow", "let a client act for an organisation by client credentials"),
        ("disallow", "end that with the client's next request"),
    ):
        command = actions.add_parser(name, help=summary)
        command.add_argument("client", metavar="CLIENT", help="its client id")
        _name_organisation(command)
        command.set_defaults(run=change_client, is_allowed=name == "allow")
    _add_members(add_topic(actions, "member", "who belongs to it"))


def _add_members(members: Any) -> None:
    adding = members.add_parser("add", help="give a registered person a role in it; she may have both")
    _name_organisation(adding)
    adding.add_argument("email", metavar="EMAIL")
    adding.add_argument("--role", default="agent", help="agent or membership_manager (default: %(default)s)")
    adding.set_defaults(run=add_member)
    removal = members.add_parser("remove", help="take a role in it, or all, at once")
    _name_organisation(removal)
    removal.add_argument("email", metavar="EMAIL")
    removal.add_argument("--role", help="agent or membership_manager; without it both")
    removal.set_defaults(run=remove_member)
