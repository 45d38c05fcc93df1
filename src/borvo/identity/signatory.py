"""Signs beside the event loop. An RSA signature takes a worker as long as all else that a request for a token does:
where there is a core to spare, the worker's companion makes it while the worker goes on with the next request."""

import asyncio
import base64
from functools import partial
from typing import NamedTuple, cast

from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from borvo.companion.keeper import Companion
from borvo.identity import signing_process
from borvo.identity.keys import ALGORITHMS, SigningKey, SigningKeys
from borvo.kernel.entropy import encode_bytes

_REGISTRY = JWSRegistry(algorithms=list(ALGORITHMS))
_MOST_WAITING = 24
"""Beyond it the worker signs by itself, and so both do."""


def sign_text(key: SigningKey, text: str) -> str:
    """The signature of RFC 7515 5.1, in base64url."""
    return encode_bytes(_REGISTRY.get_alg(key.algorithm).sign(text.encode(), key.key))


class _Asked(NamedTuple):
    """What is to be signed, and who waits for it."""

    key: SigningKey
    text: str
    future: "asyncio.Future[str]"

    def sign_here(self) -> None:
        try:
            self.tell(sign_text(self.key, self.text))
        except Exception as fault:  # noqa: BLE001  (it is raised where somebody waits)
            if not self.future.done():
                self.future.set_exception(fault)

    def tell(self, signature: str) -> None:
        # Whoever asked may have gone away.
        if not self.future.done():
            self.future.set_result(signature)


class Signatory:
    """Signs in the worker itself wherever the companion does not, be it that signing is not among its duties."""

    def __init__(self, companion: Companion | None = None) -> None:
        self._companion = companion or Companion()
        self._asked: list[_Asked] = []
        self._under_way = 0
        self._kids: frozenset[str] = frozenset()

    def follow(self, keys: SigningKeys) -> None:
        """From now on the companion signs with these alone. One that knows another key makes way for a new one:
        what it has in its memory goes with it."""
        self._hand_over()
        if self._companion.has(signing_process.__name__):
            active = (key for key in keys.active.values() if key.algorithm in signing_process.ALGORITHMS)
            self._kids = frozenset(key.kid for key in active)
        if not self._companion.told <= self._kids:
            self._companion.renew()

    async def sign(self, key: SigningKey, text: str) -> str:
        """As `sign_text`. One signature by itself is made at once: another process would not make it sooner."""
        if not self._companion.is_ready or key.kid not in self._kids:
            return sign_text(key, text)
        if self._under_way + len(self._asked) >= _MOST_WAITING:
            return sign_text(key, text)
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._hand_over)
        asked = _Asked(key, text, loop.create_future())
        self._asked.append(asked)
        return await asked.future

    def _hand_over(self) -> None:
        """All that was asked in one turn of the loop."""
        asked, self._asked = self._asked, []
        if self._companion.is_ready and (len(asked) > 1 or self._under_way):
            for each in asked:
                try:
                    self._send(each)
                except Exception:  # noqa: BLE001  (somebody waits, for the others as well)
                    each.sign_here()
            return
        for each in asked:
            each.sign_here()

    def _send(self, asked: _Asked) -> None:
        key = asked.key
        self._companion.tell_once(key.kid, "key", partial(describe_key, key))
        text = f"{key.kid} {key.algorithm} {asked.text}"
        self._companion.begin("sign", text, partial(self._take, asked))
        self._under_way += 1

    def _take(self, asked: _Asked, signature: bytes | None) -> None:
        self._under_way -= 1
        if signature is None:
            asked.sign_here()
        else:
            asked.tell(signature.decode())


def describe_key(key: SigningKey) -> str:
    """The text of the line that makes it known."""
    der = cast(RSAKey, key.key).as_bytes("DER", private=True)
    return f"{key.kid} {base64.urlsafe_b64encode(der).decode()}"
