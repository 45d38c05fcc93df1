"""How an address that was sent differs from those that are registered, in words: they are compared as text, so that a
slash too many is enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import SplitResult, unquote, urlsplit

from borvo.kernel.text import Text, mark, say

_SCHEME = mark("it begins with %(sent)s, not with %(registered)s")
_NO_SCHEME = mark("it begins with no scheme, not with %(registered)s")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The registered address that is most alike, and in what it differs."""

    closest: str
    differences: tuple[Text, ...]


def find_closest(sent: str, registered: Iterable[str]) -> str:
    """Empty when none is registered."""
    return max(registered, key=lambda each: SequenceMatcher(None, sent, each).ratio(), default="")


def compare_uris(sent: str, registered: Sequence[str]) -> Comparison:
    closest = find_closest(sent, registered)
    return Comparison(closest, tuple(_list_differences(sent, closest)) if sent and closest else ())


def _list_differences(sent: str, registered: str) -> Iterable[Text]:
    if sent == registered:
        return
    if sent.strip() == registered:
        yield say("there is a space at its end or beginning")
        return
    try:
        left, right = urlsplit(sent), urlsplit(registered)
        ports = left.port, right.port
    except ValueError:
        yield say("it is no complete address")
        return
    if left.scheme != right.scheme:
        yield say(_SCHEME if left.scheme else _NO_SCHEME, sent=left.scheme, registered=right.scheme)
    if left.hostname != right.hostname:
        yield say("the host is another")
    if ports[0] != ports[1]:
        yield say("the port is another")
    yield from _compare_rest(left, right)


def _compare_rest(left: SplitResult, right: SplitResult) -> Iterable[Text]:
    if left.path != right.path:
        yield _compare_paths(left.path, right.path)
    if left.query != right.query:
        yield say("the part from the question mark on is another")
    if left.fragment:
        yield say("it has a part from # on, which no callback URL may have")
    if left.hostname == right.hostname and left.netloc != right.netloc and left.port == right.port:
        yield say("the host is written otherwise, with upper-case letters or a user name")


def _compare_paths(left: str, right: str) -> Text:
    if left.rstrip("/") == right.rstrip("/"):
        return say("it ends in a slash") if left.endswith("/") else say("the slash at its end is missing")
    if left.lower() == right.lower():
        return say("upper-case and lower-case letters of the path differ")
    if unquote(left) == unquote(right):
        return say("the path is percent-encoded otherwise")
    return say("the path is another")
