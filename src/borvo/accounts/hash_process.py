"""Verifies passwords for a worker, in the process beside it (`companion.process`), as many at once as the command says.
`verify NUMBER DIGEST PASSWORD...`, all of them in base64url, is answered with whether one of the passwords is right."""

import base64
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread, get_native_id

from borvo.accounts.hash_memory import is_any_of
from borvo.companion.process import Answer, Handler

KIND = "verify"
RIGHT, WRONG, UNKNOWN = b"right", b"wrong", b"unknown"
"""Answers. What could not be found out here the worker finds out, and fails as it would have."""

_NICENESS = 5


def describe(digest: str, passwords: Iterable[str]) -> str:
    """The text of a line."""
    return " ".join(base64.urlsafe_b64encode(each.encode()).decode() for each in (digest, *passwords))


def _verify(answer: Answer, number: bytes, text: bytes) -> None:
    try:
        digest, *passwords = (base64.urlsafe_b64decode(each).decode() for each in text.split(b" "))
        verdict = RIGHT if is_any_of(digest, passwords) else WRONG
    except Exception:  # noqa: BLE001  (somebody waits for an answer, whatever it was)
        verdict = UNKNOWN
    answer(number, verdict)


def _step_back() -> None:
    """A hash takes its core for some ten milliseconds. The loop of the worker and the database, which need theirs for
    less than one, come first; a quarter of a core is left to it beside whoever never rests."""
    if sys.platform != "linux":
        # Threads have no priority of their own.
        return
    # Whoever must not do so verifies passwords all the same.
    with suppress(OSError):
        thread = get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)


def _work(waiting: "SimpleQueue[tuple[bytes, bytes]]", answer: Answer) -> None:
    _step_back()
    while True:
        _verify(answer, *waiting.get())


def begin(answer: Answer, argument: str) -> Mapping[bytes, Handler]:
    """`argument` is how many threads there are."""
    waiting: SimpleQueue[tuple[bytes, bytes]] = SimpleQueue()
    for _ in range(int(argument)):
        Thread(target=_work, args=[waiting, answer], name="passwords", daemon=True).start()
    return {KIND.encode(): lambda number, text: waiting.put((number, text))}
