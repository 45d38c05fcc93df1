"""Holds up whoever guesses the secret of a client: a developer may have chosen a weak one."""

from borvo.accounts.public import Counter, Limit, build_refusal
from borvo.kernel.clock import Clock
from borvo.kernel.errors import TooManyRequestsError
from borvo.portal.public import ClientLimiter

WRONG_SECRETS = Limit("client-secret", 50)
"""By client and network, so that a stranger cannot shut out the client itself."""


class GuessLimit:
    """Counts failures only, in the database and so over all workers. Nothing is remembered in the process: the count
    comes with the statement that loads the client, so that a token request that succeeds costs no round trip more
    (contract 1.6)."""

    def __init__(self, limiter: ClientLimiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock

    def find_counter(self, client_id: str, network: str) -> Counter:
        """Where the wrong secrets for the client from the network are counted."""
        return self._limiter.find_counter(WRONG_SECRETS, _name(client_id, network), self._clock())

    def check(self, failures: int) -> None:
        """Raises `TooManyRequestsError` when no further secret is looked at."""
        if failures >= WRONG_SECRETS.attempts:
            raise self._refuse()

    async def count_failure(self, client_id: str, network: str) -> None:
        """Raises `TooManyRequestsError` beyond the limit, where requests come to that were under way together."""
        try:
            await self._limiter.spend(WRONG_SECRETS, client_id, _name(client_id, network), self._clock())
        except TooManyRequestsError:
            raise self._refuse() from None

    def _refuse(self) -> TooManyRequestsError:
        wait = build_refusal(WRONG_SECRETS, self._clock()).retry_after
        return TooManyRequestsError(_TOO_MANY, retry_after=wait)


def _name(client_id: str, network: str) -> str:
    return f"{network} {client_id}"


_TOO_MANY = "Too many wrong secrets came for this client from your network. Try again later."
