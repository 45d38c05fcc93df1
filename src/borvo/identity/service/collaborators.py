"""What the use cases of this feature work with."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from borvo.accounts.public import Limiter
from borvo.identity.aliases import Aliases
from borvo.identity.caller_store import LoadedCaller, OpaqueName, load_callers, load_opaque_callers
from borvo.identity.client_keys import ClientKeys
from borvo.identity.consent_store import AskedParty, Party, load_parties
from borvo.identity.consent_uses import ConsentUses
from borvo.identity.engine import Facts, ProtocolClient
from borvo.identity.family_store import (
    FamilyName,
    Redemption,
    Rotation,
    load_families,
    redeem_codes,
    rotate_families,
)
from borvo.identity.keys import KeyCabinet
from borvo.identity.model import TOKEN_LIFETIME, AccessToken, Consent, InstanceProfile, Parameters, StoredCode
from borvo.identity.nonces import NonceSeries
from borvo.identity.refresh import RefreshPolicy, TokenFamily
from borvo.identity.request_fetching import RequestFetcher
from borvo.identity.service.guessing import GuessLimit
from borvo.identity.signatory import Signatory
from borvo.identity.store import CodeName, NewCode, insert_codes, load_codes
from borvo.identity.tokens import TokenMemory
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.kernel.ids import PersonId
from borvo.portal.public import (
    AskedClient,
    ClientActivity,
    ClientLimiter,
    ClientUsage,
    CountedClient,
    RefusalLog,
    RegisteredClient,
    SecretVault,
    SecretVerifier,
    load_client,
    load_counted_clients,
)
from borvo.storage.database import Connection, Database, Row
from borvo.storage.gathering import Gathering, Joining
from borvo.storage.security_events.log import SecurityLog

# By the attribute that finds them.
_LOADERS: dict[str, Any] = {
    "clients": load_counted_clients,
    "callers": load_callers,
    "opaque_callers": load_opaque_callers,
    "parties": load_parties,
    "codes": load_codes,
    "families": load_families,
}
_WRITERS: dict[str, Any] = {
    "new_codes": partial(insert_codes, alone=True),
    "redemptions": redeem_codes,
    "rotations": rotate_families,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The collaborators of the OpenID provider."""

    issuer: str
    database: Database
    clock: Clock
    entropy: Entropy
    cabinet: KeyCabinet
    client_keys: ClientKeys
    published_requests: RequestFetcher
    verifier: SecretVerifier
    vault: SecretVault
    guesses: GuessLimit
    trusted_proxies: int
    events: SecurityLog
    refresh: RefreshPolicy
    aliases: Aliases
    nonces: NonceSeries
    limiter: Limiter
    client_limiter: ClientLimiter
    usage: ClientUsage
    activity: ClientActivity
    access_lifetime: timedelta = TOKEN_LIFETIME
    profile: InstanceProfile = InstanceProfile.COMPATIBLE
    memory: TokenMemory = field(default_factory=TokenMemory)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    consent_uses: ConsentUses = field(default_factory=ConsentUses)
    signatory: Signatory = field(default_factory=Signatory)
    clients: Gathering[AskedClient, CountedClient] = field(init=False)
    callers: Gathering[AccessToken, LoadedCaller] = field(init=False)
    opaque_callers: Gathering[OpaqueName, Row] = field(init=False)
    parties: Gathering[AskedParty, Party] = field(init=False)
    codes: Gathering[CodeName, StoredCode] = field(init=False)
    families: Gathering[FamilyName, TokenFamily] = field(init=False)
    new_codes: Joining[NewCode, bool] = field(init=False)
    redemptions: Joining[Redemption, bool] = field(init=False)
    rotations: Joining[Rotation, bool] = field(init=False)

    def __post_init__(self) -> None:
        self.cabinet.tell(self.signatory.follow)
        for name, load_all in _LOADERS.items():
            object.__setattr__(self, name, Gathering(self.database, load_all))
        for name, write_all in _WRITERS.items():
            object.__setattr__(self, name, Joining(self.database, write_all))

    async def gather_party(
        self, parameters: Parameters, person_id: PersonId | None
    ) -> tuple[Facts, Consent | None]:
        """As `gather_facts`, with what the person allows the client. No connection may be in hand."""
        client_id = parameters.get("client_id")
        found = await self.parties.find(AskedParty(client_id, person_id)) if client_id else None
        return await self.gather_known(parameters, found)

    async def gather_known(self, parameters: Parameters, party: Party | None) -> tuple[Facts, Consent | None]:
        """As `gather_party`, where the party is at hand."""
        facts = await self.build_facts(parameters, party.client if party else None)
        return facts, party.consent if party else None

    async def gather_facts(self, connection: Connection, parameters: Parameters) -> Facts:
        """The facts of one exchange, the client that the parameters name among them."""
        client_id = parameters.get("client_id")
        return await self.build_facts(
            parameters, await load_client(connection, client_id) if client_id else None
        )

    async def build_facts(self, parameters: Parameters, registered: RegisteredClient | None) -> Facts:
        """The facts of one exchange. A client that is disabled counts as none."""
        facts = Facts(
            issuer=self.issuer,
            now=self.clock(),
            entropy=self.entropy,
            keys=await self.cabinet.current(),
            parameters=parameters,
            refresh=self.refresh,
            aliases=self.aliases,
            access_lifetime=self.access_lifetime,
            profile=self.profile,
        )
        if registered is not None and not registered.is_disabled:
            facts.refresh = self.refresh.narrow(
                registered.refresh_token_days, registered.refresh_token_idle_days
            )
            facts.client = ProtocolClient(registered, self.profile)
        return facts
