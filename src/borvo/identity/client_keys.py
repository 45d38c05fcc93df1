"""The public keys of clients: those they registered, and those they publish at an address of their own."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from joserfc.jwk import Key

from borvo.kernel.clock import Clock
from borvo.portal.public import KeyFaultError, KeySet, RegisteredClient, parse_key_set, recall_key_set
from borvo.web.outgoing import Fetched, OutgoingError

LIFETIME = timedelta(minutes=10)
"""How long what an address gave is believed without asking again."""

PATIENCE = timedelta(hours=1)
"""How long it is believed while the address does not answer: a key that its owner withdrew ends then at the latest."""

PAUSE = timedelta(minutes=1)
"""Between two questions to one address, whatever comes meanwhile: nobody can make this instance ask more often."""

SET_BYTES = 100_000
MEMORY_ENTRIES = 1000
_OK = 200
_ACCEPT = "application/jwk-set+json, application/json"


class Fetch(Protocol):
    """As `Outgoing.fetch`."""

    async def __call__(self, url: str, *, most: int, accept: str) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class _Memory:
    """What an address gave last, and when; when it was asked last, and what was wrong with the answer then. Without
    `keys` it has never given any."""

    keys: KeySet | None
    fetched_at: datetime
    asked_at: datetime
    fault: str = ""


class ClientKeys:
    """Finds the key that verifies what a client signed: assertions, request objects.

    Registered sets are parsed once and remembered; published ones are fetched, remembered in each process for ten
    minutes, and fetched again earlier when a `kid` is unknown, at most once a minute for each address. `find` may
    wait for somebody else's server for ten seconds: call it without a database connection in hand."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._memories: dict[str, _Memory] = {}
        self._questions: dict[str, asyncio.Task[_Memory]] = {}

    async def find(self, client: RegisteredClient, kid: str, algorithm: str) -> Key:
        """The one public key of the client that the header of a token means; `kid` is empty when it names none. Raises
        `KeyFaultError`, whose words are for the client's developer, not for whoever sent the token."""
        if client.jwks:
            return recall_key_set(client.jwks).find(kid, algorithm)
        if not client.jwks_uri:
            raise KeyFaultError("The client has registered no public keys.")
        memory = await self._recall(client.jwks_uri, kid)
        if memory.keys is None:
            raise KeyFaultError(memory.fault)
        return memory.keys.find(kid, algorithm)

    async def _recall(self, url: str, kid: str) -> _Memory:
        memory = self._memories.get(url)
        if memory is None or self._is_due(memory, kid):
            memory = await self._ask_together(url)
        if abs(self._clock() - memory.fetched_at) >= PATIENCE:
            return replace(memory, keys=None)
        return memory

    def _is_due(self, memory: _Memory, kid: str) -> bool:
        """The clock may have been set back, so distances count."""
        now = self._clock()
        if abs(now - memory.asked_at) < PAUSE:
            return False
        is_old = abs(now - memory.fetched_at) >= LIFETIME
        return memory.keys is None or is_old or bool(kid and not memory.keys.has(kid))

    async def _ask_together(self, url: str) -> _Memory:
        """Who comes while a question is under way waits for its answer; nobody who leaves takes it from the others."""
        question = self._questions.get(url)
        if question is None:
            question = self._questions[url] = asyncio.create_task(self._ask(url))
            question.add_done_callback(lambda _: self._questions.pop(url, None))
        return await asyncio.shield(question)

    async def _ask(self, url: str) -> _Memory:
        asked_at = self._clock()
        try:
            keys = _read(await self._fetch(url, most=SET_BYTES, accept=_ACCEPT))
            memory = _Memory(keys, asked_at, asked_at)
        except (OutgoingError, KeyFaultError) as error:
            fault = f"No keys came from the address of the public keys: {error}."
            before = self._memories.get(url) or _Memory(None, asked_at, asked_at)
            memory = replace(before, asked_at=asked_at, fault=fault)
        self._remember(url, memory)
        return memory

    def _remember(self, url: str, memory: _Memory) -> None:
        self._memories.pop(url, None)
        if len(self._memories) >= MEMORY_ENTRIES:
            # The one asked longest ago: each question puts its address at the end.
            del self._memories[next(iter(self._memories))]
        self._memories[url] = memory


def _read(answer: Fetched) -> KeySet:
    if answer.status != _OK:
        raise KeyFaultError(f"it answered with the status {answer.status}")
    keys = parse_key_set(answer.content.decode("utf-8", "replace"))
    if not keys.keys:
        raise KeyFaultError(f"what it answered cannot be used ({keys.faults[0].rstrip('.')})")
    return keys
