"""The file that says which clients there are to be: read and checked before anything is asked of a server."""

import sys
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from borvo.cli.failure import CommandError
from borvo.portal.api.bodies import ClientBody, add_choices

FILE_MAXIMUM = 2_000_000


class FiledClient(msgspec.Struct, forbid_unknown_fields=True):
    """A client as it is to be: named as in the file that carries one elsewhere. `logo` is in base64."""

    suffix: str
    details: ClientBody
    logo: bytes = b""


class ClientsFile(msgspec.Struct, forbid_unknown_fields=True):
    """Several clients of one tenancy."""

    format: Literal["borvo-clients"]
    version: Literal[1]
    clients: list[FiledClient]


class CarriedFile(FiledClient, forbid_unknown_fields=True, kw_only=True):
    """One client, as the portal exports it."""

    format: Literal["borvo-client"]
    version: Literal[1]


def read_clients(name: str) -> list[FiledClient]:
    """Of a YAML or JSON file; `-` stands for standard input. Raises `CommandError` for what cannot be read."""
    return parse_clients(_read(name), name)


def read_content(name: str) -> bytes:
    """Raises `CommandError` for what is not there, empty or too large."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as fault:
        raise CommandError(f"{name} cannot be read: {fault.strerror}", 2) from None
    if not 0 < len(content) <= FILE_MAXIMUM:
        raise CommandError(f"{name} is empty, or larger than {FILE_MAXIMUM:,} bytes", 2)
    return content


def _read(name: str) -> str:
    try:
        return read_content(name).decode()
    except UnicodeDecodeError:
        raise CommandError(f"{name} is no text in UTF-8", 2) from None


def parse_clients(text: str, name: str) -> list[FiledClient]:
    """Raises as `read_clients`."""
    try:
        _check_names(yaml.compose(text, Loader=yaml.SafeLoader))
        found = _convert(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError) as fault:
        raise CommandError(f"{name} is no YAML: {' '.join(str(fault).split())}", 2) from None
    except msgspec.ValidationError as fault:
        raise CommandError(f"{name} cannot be used: {_explain(str(fault))}", 2) from None
    if len({client.suffix for client in found}) < len(found):
        raise CommandError(f"{name} names a client twice", 2)
    return found


def _explain(fault: str) -> str:
    """What is wrong and where, and the words that may stand there if only some may."""
    words, at, place = fault.partition(" - at `")
    member = place.rstrip("`").rpartition(".")[2].partition("[")[0]
    return f"{add_choices(ClientBody, member, words)}{at}{place}"


def _convert(value: object) -> list[FiledClient]:
    if isinstance(value, dict) and value.get("format") == "borvo-client":
        return [msgspec.convert(value, CarriedFile)]
    return msgspec.convert(value, ClientsFile).clients


def _check_names(root: yaml.Node | None) -> None:
    """A name that stands twice in the same place is a mistake and no choice; the library takes the last one."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            names = [name.value for name, _ in node.value]
            if twice := [each for each in names if isinstance(each, str) and names.count(each) > 1]:
                place = f"line {node.start_mark.line + 1}"
                raise yaml.YAMLError(f"{twice[0]} stands there twice, in what begins on {place}")
            waiting += [value for _, value in node.value]
        else:
            waiting += node.value
