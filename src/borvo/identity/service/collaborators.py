"""What the use cases of this feature work with."""

from dataclasses import dataclass, field

from borvo.identity.engine import Facts, ProtocolClient
from borvo.identity.keys import KeyCabinet
from borvo.identity.model import Parameters
from borvo.identity.service.guessing import GuessLimit
from borvo.identity.tokens import TokenMemory
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.portal.public import RegisteredClient, SecretVerifier, load_client, load_client_counted
from borvo.storage.database import Connection, Database
from borvo.storage.security_events.log import SecurityLog


@dataclass(frozen=True, slots=True)
class Identity:
    """The collaborators of the OpenID provider."""

    issuer: str
    database: Database
    clock: Clock
    entropy: Entropy
    cabinet: KeyCabinet
    verifier: SecretVerifier
    guesses: GuessLimit
    trusted_proxies: int
    events: SecurityLog
    memory: TokenMemory = field(default_factory=TokenMemory)

    async def gather_facts(self, connection: Connection, parameters: Parameters) -> Facts:
        """The facts of one exchange, its client among them when it exists and is not disabled."""
        wanted = parameters.get("client_id")
        registered = await load_client(connection, wanted) if wanted else None
        return await self._compose(parameters, registered)

    async def gather_counted_facts(
        self, connection: Connection, parameters: Parameters, client_id: str, network: str
    ) -> tuple[Facts, int]:
        """As `gather_facts`, with how many wrong secrets have come for the client from the network."""
        counter = self.guesses.find_counter(client_id, network)
        found = await load_client_counted(connection, client_id, counter) if client_id else None
        registered, failures = found or (None, 0)
        return await self._compose(parameters, registered), failures

    async def _compose(self, parameters: Parameters, registered: RegisteredClient | None) -> Facts:
        facts = Facts(
            issuer=self.issuer,
            now=self.clock(),
            entropy=self.entropy,
            keys=await self.cabinet.current(),
            parameters=parameters,
        )
        if registered is not None and not registered.is_disabled:
            facts.client = ProtocolClient(registered)
        return facts
