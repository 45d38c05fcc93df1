"""`borvo support person`."""

import argparse
from typing import Any

from borvo.accounts.public import FactorKind
from borvo.cli.instance import run_on_instance
from borvo.support import public as team

# By the word of the command: the deed, and what is said of it.
_DEEDS = {
    "verify": ("verification", "send her the link again by which she confirms her address"),
    "suspend": ("suspension", "end all her sessions and tokens, and let nobody in until it is lifted"),
    "lift": ("lifting", "end a suspension"),
    "close": ("closing", "close her account; she has the usual days to come back"),
    "remove-factor": (
        "factor-removal",
        "remove a lost second factor after the cooling-off period, unless she stops it",
    ),
    "keep-factor": ("factor-keeping", "stop such a removal"),
}


def show(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.show_person(platform.accounts, options.whom, options.reason))


def act(options: argparse.Namespace) -> None:
    wish = team.Wish(
        kinds=tuple(getattr(options, "kind", None) or ()), checked=getattr(options, "checked", "")
    )
    run_on_instance(
        lambda platform: team.act_on_person(
            platform.accounts, options.deed, options.whom, wish, options.reason
        )
    )


def _name_person(command: argparse.ArgumentParser) -> None:
    command.add_argument("whom", metavar="PERSON", help="her exact e-mail address, or her id")
    command.add_argument(
        "--reason", required=True, help="why; it is written into her security log, where she reads it"
    )


def add_people(actions: Any) -> None:
    """The commands below `borvo support person`."""
    command = actions.add_parser(
        "show", help="show how an account stands; its owner sees that it was looked at"
    )
    _name_person(command)
    command.set_defaults(run=show)
    for name, (deed, summary) in _DEEDS.items():
        command = actions.add_parser(name, help=summary)
        _name_person(command)
        if deed == "factor-removal":
            command.add_argument(
                "--kind",
                action="append",
                choices=[kind.value for kind in FactorKind],
                help="what is lost; repeat it",
            )
            command.add_argument(
                "--checked", required=True, help="by what you know that it is her; it is written down"
            )
        command.set_defaults(run=act, deed=deed)
