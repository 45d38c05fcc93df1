"""The command line of `borvo client`."""

import argparse
from typing import Any

from borvo.cli.clients import applying, commands
from borvo.cli.clients.connection import URL_VARIABLE
from borvo.cli.clients.members import add_member_options

_STATES = (
    ("disable", "end its tokens at once, and give it no new ones"),
    ("enable", "give it tokens again"),
    ("live", "mark it live, once nothing is missing"),
    ("draft", "take it back to draft"),
    ("restore", "bring a deleted one back, disabled and as a draft"),
)


def add_clients(parser: argparse.ArgumentParser) -> None:
    """The commands and their options."""
    topics = parser.add_subparsers(dest="topic", required=True, metavar="ACTION")
    listing = _add(topics, "list", "list the clients of the token's tenancy", commands.list_clients)
    listing.add_argument("--search", metavar="TEXT", help="part of an id, a name or a callback URL")
    listing.add_argument("--state", help="draft, live, disabled or deleted; all but deleted ones by default")
    listing.add_argument("--secrets", help="ending: only those with a secret that ends within thirty days")
    _name_client(_add(topics, "show", "show a client with all its details", commands.show_client))
    _add_saving(topics)
    logo = _name_client(_add(topics, "logo", "replace the logo that people see", commands.set_logo))
    logo.add_argument("picture", metavar="PICTURE", help="a PNG, JPEG or WebP file")
    for name, words in _STATES:
        command = _name_client(_add(topics, name, words, commands.change_state))
        command.set_defaults(state_action=name)
    words = "end the token by which the program that registered it changes it"
    _name_client(_add(topics, "end-registration", words, commands.end_registration))
    delete = _name_client(
        _add(topics, "delete", "delete it, with thirty days to restore it", commands.delete_client)
    )
    delete.add_argument("--confirm", metavar="CLIENT_ID", help="the client id once more, in full", default="")
    _add_apply(_add(topics, "apply", "make clients what a file says", applying.apply_file))
    secrets = topics.add_parser("secret", help="its secrets").add_subparsers(
        dest="secret_action", required=True, metavar="ACTION"
    )
    _add_secrets(secrets)


def _add_saving(topics: Any) -> None:
    create = _name_client(_add(topics, "create", "register a client", commands.create_client))
    create.add_argument("--if-absent", action="store_true", help="be content when it is there already")
    update = _name_client(_add(topics, "update", "change some details of a client", commands.update_client))
    for command in (create, update):
        command.add_argument(
            "--dry-run", action="store_true", help="say what would be saved, and save nothing"
        )
        add_member_options(command)


def _add_apply(command: argparse.ArgumentParser) -> None:
    command.add_argument("-f", "--file", required=True, help="a YAML or JSON file; `-` for standard input")
    command.add_argument("--dry-run", action="store_true", help="show what would change, and save nothing")
    command.add_argument(
        "--exit-code", action="store_true", help="with --dry-run: 6 when something would change"
    )
    command.add_argument("--yes", action="store_true", help="do not ask before saving")


def _add_secrets(secrets: Any) -> None:
    _name_client(_add(secrets, "list", "list the secrets of a client", commands.list_secrets))
    add = _name_client(_add(secrets, "add", "generate a secret and print it, once", commands.add_secret))
    add.add_argument("--label", default="", help="where it is used")
    add.add_argument("--days", type=int, help="30, 90, 180 or 365; it does not expire by default")
    add.add_argument("--if-absent", action="store_true", help="add none when one of that label works")
    revoke = _name_client(_add(secrets, "revoke", "revoke a secret at once", commands.revoke_secret))
    revoke.add_argument("secret", metavar="SECRET", help="its id, or its label or ending if no other has it")
    revoke.add_argument("--last", action="store_true", help="also when no other secret works")


def _add(topics: Any, name: str, words: str, deed: commands.Deed) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = topics.add_parser(name, help=words)
    command.add_argument("--url", help=f"address of the Borvo; {URL_VARIABLE} by default")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=commands.run, deed=deed)
    return command


def _name_client(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("client", metavar="CLIENT", help="its id, or the last part of it")
    return command
