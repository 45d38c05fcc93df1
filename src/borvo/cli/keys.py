"""`borvo keys`: shows the signing keys and has others follow them."""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from borvo.assembly import Platform, rewrap
from borvo.cli.failure import CommandError
from borvo.cli.instance import run_on_instance
from borvo.identity.public import ALGORITHMS, ANNOUNCEMENT, KEY_REFRESH, MINIMUM_ANNOUNCEMENT, StoredKey

_MINUTE = timedelta(minutes=1)


def add_keys(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list all keys and what each is for now").set_defaults(run=list_keys)
    rotate = actions.add_parser("rotate", help="have another key follow the one that signs")
    rotate.add_argument("--algorithm", choices=ALGORITHMS, help="of the key; all of them by default")
    when = rotate.add_mutually_exclusive_group()
    when.add_argument(
        "--announce",
        type=_read_minutes,
        default=ANNOUNCEMENT,
        metavar="MINUTES",
        help=f"how long the new key is published before it signs: {ANNOUNCEMENT // _MINUTE} by default, "
        f"at least {MINIMUM_ANNOUNCEMENT // _MINUTE}",
    )
    when.add_argument(
        "--now", action="store_true", help="for a key that others may know: the new one signs at once, and "
        "nothing that the old one signed is believed any more"
    )  # fmt: skip
    rotate.add_argument("--yes", action="store_true", help="with --now: yes, all those tokens may end")
    rotate.set_defaults(run=rotate_keys)
    rewrapping = actions.add_parser(
        "rewrap",
        help="seal everything anew under BORVO_SECRET_KEY that one of BORVO_OTHER_SECRET_KEYS sealed",
    )
    rewrapping.set_defaults(run=rewrap_values)


def _read_minutes(text: str) -> timedelta:
    minutes = int(text) if re.fullmatch("[0-9]{1,6}", text) else 0
    if minutes * _MINUTE < MINIMUM_ANNOUNCEMENT:
        least = MINIMUM_ANNOUNCEMENT // _MINUTE
        raise argparse.ArgumentTypeError(
            f"a number of minutes from {least}, so that everybody learns of the key"
        )
    return minutes * _MINUTE


def _show_moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def list_keys(_: argparse.Namespace) -> None:
    run_on_instance(_describe_keys)


async def _describe_keys(platform: Platform) -> str:
    rows = [("algorithm", "state", "published from", "signs from", "kid")]
    rows += [
        (key.algorithm, state, _show_moment(key.created_at), _show_moment(key.activates_at), key.kid)
        for key, state in await platform.identity.cabinet.list_states()
    ]
    return "\n".join(f"{a:<10} {b:<10} {c:<21} {d:<21} {e}" for a, b, c, d, e in rows)


def rotate_keys(options: argparse.Namespace) -> None:
    """Raises `CommandError` for `--now` without `--yes`."""
    algorithms = [options.algorithm] if options.algorithm else list(ALGORITHMS)
    if options.now and not options.yes:
        raise CommandError(
            f"--now ends every token signed by the keys for {', '.join(algorithms)}: people and services have "
            "to get new ones. If you mean it, add --yes"
        )
    if options.now:
        run_on_instance(lambda platform: _replace(platform, algorithms))
    else:
        run_on_instance(lambda platform: _announce(platform, algorithms, options.announce))


async def _announce(platform: Platform, algorithms: Sequence[str], announcement: timedelta) -> str:
    announced = await platform.identity.cabinet.rotate(algorithms, announcement)
    lines = [_describe_successor(key) for key in announced]
    waiting = sorted(set(algorithms) - {key.algorithm for key in announced})
    lines += [f"{algorithm}: a new key is announced already" for algorithm in waiting]
    return "\n".join(lines)


def _describe_successor(key: StoredKey) -> str:
    return f"{key.algorithm}: {key.kid} is announced and signs from {_show_moment(key.activates_at)}"


async def _replace(platform: Platform, algorithms: Sequence[str]) -> str:
    made, withdrawn = await platform.identity.cabinet.replace(algorithms)
    lines = [f"{key.algorithm}: {key.kid} signs now" for key in made]
    lines += [f"withdrawn: {kid}" for kid in withdrawn]
    seconds = int(KEY_REFRESH.total_seconds())
    return "\n".join([*lines, f"Workers that run learn of it within {seconds} seconds."])


def rewrap_values(_: argparse.Namespace) -> None:
    """Raises `CommandError` unless nothing is left under another secret."""
    run_on_instance(_rewrap)


async def _rewrap(platform: Platform) -> str:
    found = await rewrap(platform, _tell)
    if found.last.lost:
        raise CommandError(
            f"{found.last.lost:,} values are sealed under a secret that is neither BORVO_SECRET_KEY nor in "
            "BORVO_OTHER_SECRET_KEYS; add it there and run this again"
        )
    if not found.is_complete:
        raise CommandError("a server still seals under another secret; end it and run this again")
    return (
        f"{found.renewed:,} values were sealed anew. Nothing is sealed under another secret than "
        "BORVO_SECRET_KEY any more."
    )


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
