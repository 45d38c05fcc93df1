"""Hosts that may not be what they look like: pure rules. Nothing is refused by them; a developer looks twice."""

from collections.abc import Iterable, Mapping

from borvo.kernel.text import Text, say

_ACE = "xn--"  # RFC 5890 2.3.2.5
# What people take for one another at a glance. A letter on the left becomes the one on the right.
_SAME = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "i": "l",
        "\u0430": "a",
        "\u0435": "e",
        "\u043e": "o",
        "\u0440": "p",
        "\u0441": "c",
        "\u0443": "y",
        "\u0445": "x",
        "\u0455": "s",
        "\u0456": "l",
        "\u04cf": "l",
        "\u03bf": "o",
        "\u03b1": "a",
        "\u03bd": "v",
        "\u0131": "l",
    }
)
_PAIRS = {"rn": "m", "vv": "w"}


def show_host(host: str) -> str:
    """As a browser may show it; unchanged when it is in ASCII, or encodes nothing."""
    try:
        return ".".join(
            label.encode("ascii").decode("idna") if label.startswith(_ACE) else label
            for label in host.split(".")
        )
    except UnicodeError:
        return host


def reduce_host(host: str) -> str:
    """Two hosts that look alike have the same reduction."""
    reduced = show_host(host).casefold().translate(_SAME)
    for pair, letter in _PAIRS.items():
        reduced = reduced.replace(pair, letter)
    return reduced


def find_suspicions(hosts: Iterable[str], others: Iterable[str]) -> Mapping[str, Text]:
    """By host, why to look twice: it is not in ASCII, or looks like one of the others, of which the first count
    most."""
    known: dict[str, str] = {}
    for other in others:
        known.setdefault(reduce_host(other), other)
    found: dict[str, Text] = {}
    for host in hosts:
        twin = known.get(reduce_host(host), host)
        if any(label.startswith(_ACE) for label in host.split(".")):
            found[host] = say(
                "%(host)s is shown as %(shown)s, where single letters may be of another script",
                host=host,
                shown=show_host(host),
            )
        elif twin != host:
            found[host] = say("%(host)s looks like %(twin)s, and is another host", host=host, twin=twin)
    return found
