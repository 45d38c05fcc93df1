"""Holds up whoever guesses the secret of a client: a developer may have chosen a weak one."""

from borvo.accounts.public import Limit, Limiter
from borvo.kernel.clock import Clock
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.ids import ClientId

WRONG_SECRETS = Limit("client-secret", 50)
"""By client and network, so that a stranger cannot shut out the client itself."""

_MEMORY = 1024


class GuessLimit:
    """Counts failures only, in the database and so over all workers. That the limit is reached is remembered in
    the process: a token request that succeeds costs nothing more (contract 1.6)."""

    def __init__(self, limiter: Limiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock
        self._blocked: dict[str, float] = {}

    def check(self, client_id: ClientId, network: str) -> None:
        """Raises `TooManyRequestsError` while the network is held up."""
        name = f"{network} {client_id}"
        wait = self._blocked.get(name, 0.0) - self._clock().timestamp()
        if wait > 0:
            raise TooManyRequestsError(_TOO_MANY, retry_after=int(wait) + 1)
        self._blocked.pop(name, None)

    async def count_failure(self, client_id: ClientId, network: str) -> None:
        """Raises `TooManyRequestsError` for the first failure beyond the limit."""
        name, now = f"{network} {client_id}", self._clock()
        try:
            await self._limiter.spend(WRONG_SECRETS, name, now)
        except TooManyRequestsError as error:
            if len(self._blocked) >= _MEMORY:
                del self._blocked[next(iter(self._blocked))]
            self._blocked[name] = now.timestamp() + error.retry_after
            raise TooManyRequestsError(_TOO_MANY, retry_after=error.retry_after) from None


_TOO_MANY = "Too many wrong secrets came for this client from your network. Try again later."
