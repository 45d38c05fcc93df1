"""What the commands print: lines for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def print_json(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value, indent=2, ensure_ascii=False)}\n")


def print_lines(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{make_plain(line)}\n" for line in lines)


def make_plain(text: str) -> str:
    """Without what would steer a terminal: names come from other people."""
    return "".join(character if character.isprintable() else "?" for character in text)


def print_client(client: Mapping[str, Any], *, is_json: bool) -> None:
    if is_json:
        print_json(client)
        return
    heads = ("client_id", "state", "version", "last_used_at")
    values = {**{name: client[name] for name in heads}, **_tell_origin(client), **client["details"]}
    print_lines(f"{name}: {_show(value)}" for name, value in values.items() if value not in ("", None, []))


def _tell_origin(client: Mapping[str, Any]) -> dict[str, str]:
    """Of a client that a program registered, whether that can still change it."""
    origin = client["registration"]
    if not origin:
        return {}
    state = "open" if origin["is_open"] else "ended"
    return {"registered_with": origin["initial_token"], "registration_token": state}


def _show(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def print_table(rows: Iterable[Iterable[str]]) -> None:
    """In columns as wide as their widest cell."""
    lines = [[make_plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write(f"{'  '.join(cells).rstrip()}\n")


def list_differences(plan: Mapping[str, Any]) -> list[str]:
    """A line for what goes and one for what comes, member by member, as in a patch."""
    lines = [f"{plan['client_id']}: {plan['outcome']}"]
    before, after = plan["before"], plan["after"]
    for name in {**before, **after}:
        lines.append(f"  {name}")
        lines += [f"    {sign} {item}" for sign, item in _compare(before.get(name), after.get(name))]
    return lines


def _compare(before: Any, after: Any) -> list[tuple[str, str]]:
    old, new = _list_items(before), _list_items(after)
    gone = [("-", item) for item in old if item not in new]
    come = [("+", item) for item in new if item not in old]
    # The same in another order.
    return gone + come or [("-", ", ".join(old)), ("+", ", ".join(new))]


def _list_items(value: Any) -> list[str]:
    if value in ("", None):
        return []
    return [*map(str, value)] if isinstance(value, list) else [_show(value)]
