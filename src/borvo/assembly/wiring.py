"""Wires the features of one instance to each other: the only module that knows all their collaborators."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from borvo.accounts.public import Accounts, Brake, Limiter, Passwords, Pause, Role
from borvo.agency import public as agency
from borvo.agency.public import Agency
from borvo.assembly.companion import build_companion, build_passwords
from borvo.assembly.farewell import prepare_farewell
from borvo.assembly.lasting_keys import load_lasting_keys
from borvo.assembly.outgoing import build_outgoing
from borvo.catalogue.scopes import AGENCY_SCOPE
from borvo.companion.keeper import Companion
from borvo.dataserver.public import DataServer, Retention
from borvo.identity import public as identity
from borvo.identity.public import (
    GenerateKey,
    GuessLimit,
    Identity,
    InstanceProfile,
    KeyCabinet,
    NonceSeries,
    RefreshPolicy,
    Signatory,
    generate_key,
)
from borvo.kernel.clock import Clock, read_system_clock
from borvo.kernel.entropy import Entropy, read_system_entropy
from borvo.mail.texting import TEXT_KIND
from borvo.organisations.public import Organisations
from borvo.portal.public import (
    ClientActivity,
    ClientLimiter,
    ClientUsage,
    Fetcher,
    LifetimeBounds,
    Portal,
    SecretVault,
    SecretVerifier,
)
from borvo.settings import Settings
from borvo.storage import kept_keys
from borvo.storage.database import Database
from borvo.storage.outbox.courier import Courier
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import Handler
from borvo.storage.sealing import Keyring
from borvo.storage.security_events.log import SecurityLog
from borvo.web.cookies import CookiePolicy
from borvo.web.loopback import Loopback


@dataclass(frozen=True, slots=True)
class Platform:
    """All features of one instance with their collaborators."""

    settings: Settings
    database: Database
    clock: Clock
    entropy: Entropy
    keyring: Keyring
    outbox: Outbox
    events: SecurityLog
    courier: Courier
    companion: Companion
    accounts: Accounts
    portal: Portal
    identity: Identity
    dataserver: DataServer
    agency: Agency
    organisations: Organisations


def build_platform(
    settings: Settings,
    *,
    clock: Clock = read_system_clock,
    entropy: Entropy = read_system_entropy,
    passwords: Passwords | None = None,
    generate: GenerateKey = generate_key,
    handlers: Mapping[str, Handler] | None = None,
    pause: Pause = asyncio.sleep,
) -> Platform:
    """Wires the features. The database is not opened here: commands and servers do that when they start. `handlers`
    deliver what the outbox holds, one a kind; without one, messages of the kind wait."""
    database = Database(settings.database_url, size=settings.database_connections)
    keyring = Keyring(settings.reveal_secret_key().reveal(), settings.reveal_other_secret_keys().reveal())
    database.call_first(partial(load_lasting_keys, keyring, clock, entropy))
    outbox = Outbox(database, clock, entropy, keyring)
    events = SecurityLog(clock, entropy, keyring.derive("security events"))
    companion = build_companion(settings.workers)
    passwords = passwords or build_passwords(settings.workers, companion)
    verifier = SecretVerifier(
        keyring.finder(kept_keys.CLIENT_SECRETS), passwords, clock=clock, entropy=entropy
    )
    limiter = Limiter(database, keyring.derive("attempt counters"))
    rotate_after = timedelta(days=settings.key_rotation_days) or None
    cabinet = KeyCabinet(
        database, keyring, clock, entropy, generate, events=events, rotate_after=rotate_after
    )
    provider = _build_provider(
        settings, database, clock, entropy, cabinet, verifier, limiter, keyring, events, companion
    )
    people = _build_accounts(settings, provider, passwords, outbox, keyring, Brake(pause))
    developers = _build_portal(settings, people, verifier, provider)
    clinics = Organisations(
        people,
        partial(identity.admit_person, provider, scope=AGENCY_SCOPE, api=identity.Api.ORGANISATIONS),
        partial(agency.count_sharers, clock),
    )
    asking = _build_agency(settings, people, provider, keyring, handlers)
    samples = _build_dataserver(settings, provider, asking, keyring)
    courier = Courier(outbox, {**_build_notifiers(settings, provider), **(handlers or {})})
    return Platform(
        settings,
        database,
        clock,
        entropy,
        keyring,
        outbox,
        events,
        courier,
        companion,
        prepare_farewell(people, provider, samples, developers),
        developers,
        provider,
        samples,
        asking,
        clinics,
    )


def _build_dataserver(settings: Settings, provider: Identity, asking: Agency, keyring: Keyring) -> DataServer:
    return DataServer(
        database=provider.database,
        clock=provider.clock,
        entropy=provider.entropy,
        verify=partial(identity.verify_token, provider, api=identity.Api.SAMPLES),
        cursor_key=keyring.derive("sample cursors"),
        tag_key=keyring.derive("sample entity tags"),
        agency=asking,
        activity=provider.activity,
        keyring=keyring,
        events=provider.events,
        retention=Retention(
            past=timedelta(days=settings.sample_past_days),
            snapshot=timedelta(days=settings.sample_snapshot_days),
            export=timedelta(days=settings.sample_export_days),
        ),
    )


def _build_accounts(
    settings: Settings,
    provider: Identity,
    passwords: Passwords,
    outbox: Outbox,
    keyring: Keyring,
    brake: Brake,
) -> Accounts:
    return Accounts(
        database=provider.database,
        clock=provider.clock,
        entropy=provider.entropy,
        passwords=passwords,
        limiter=provider.limiter,
        cookies=CookiePolicy(secure=settings.is_secure),
        trusted_proxies=settings.trusted_proxies,
        issuer=settings.issuer,
        outbox=outbox,
        events=provider.events,
        keyring=keyring,
        describe_return=partial(identity.describe_return, provider),
        answer_return=partial(identity.answer_return, provider),
        browser_key=keyring.derive("known browsers"),
        closing_grace=timedelta(days=settings.account_closing_days),
        brake=brake,
        default_language=settings.language,
        on_session_ended=partial(identity.announce_end, outbox),
        factor_roles=frozenset(Role(name) for name in settings.factor_roles),
        factor_removal_delay=timedelta(hours=settings.factor_removal_hours),
    )


def _build_portal(
    settings: Settings, people: Accounts, verifier: SecretVerifier, provider: Identity
) -> Portal:
    return Portal(
        database=people.database,
        clock=people.clock,
        entropy=people.entropy,
        verifier=verifier,
        vault=provider.vault,
        accounts=people,
        events=people.events,
        bounds=_describe_bounds(settings),
        usage=provider.usage,
        limits=identity.CLIENT_LIMITS,
        on_client_ended=partial(identity.end_grants, provider),
        on_client_gone=partial(identity.forget_client, provider),
        on_person_gone=partial(identity.forget_person, provider),
        loopback=Loopback(settings.issuer),
        trail_kept=timedelta(days=settings.audit_trail_days),
        refusals_kept=timedelta(days=settings.failed_request_days),
        is_strict=provider.profile is InstanceProfile.STRICT,
        fetcher=Fetcher(people.limiter, people.clock, build_outgoing(settings)),
    )


def _build_agency(
    settings: Settings,
    people: Accounts,
    provider: Identity,
    keyring: Keyring,
    handlers: Mapping[str, Handler] | None,
) -> Agency:
    return Agency(
        people,
        provider,
        invite_lifetime=timedelta(days=settings.agency_invite_days),
        # Commands and tests deliver nothing, and leave both kinds to whoever does.
        can_text=handlers is None or TEXT_KIND in handlers,
        reminder_delay=timedelta(days=settings.agency_reminder_days),
        reads_kept=timedelta(days=settings.access_log_days),
        invites_kept=timedelta(days=settings.closed_invite_days),
        keyring=keyring,
    )


def _build_notifiers(settings: Settings, provider: Identity) -> dict[str, Handler]:
    outgoing = build_outgoing(settings)
    return {
        identity.BACKCHANNEL_LOGOUT: identity.BackchannelNotifier(provider, outgoing),
        agency.NOTIFY: agency.ClientNotifier(provider.database, outgoing),
    }


def _build_provider(
    settings: Settings,
    database: Database,
    clock: Clock,
    entropy: Entropy,
    cabinet: KeyCabinet,
    verifier: SecretVerifier,
    limiter: Limiter,
    keyring: Keyring,
    events: SecurityLog,
    companion: Companion,
) -> Identity:
    client_limiter = ClientLimiter(limiter)
    return Identity(
        issuer=settings.issuer,
        database=database,
        clock=clock,
        entropy=entropy,
        cabinet=cabinet,
        client_keys=identity.ClientKeys(build_outgoing(settings).fetch, clock),
        published_requests=identity.RequestFetcher(build_outgoing(settings).fetch),
        verifier=verifier,
        vault=SecretVault(keyring, entropy),
        guesses=GuessLimit(client_limiter, clock),
        trusted_proxies=settings.trusted_proxies,
        events=events,
        refresh=_describe_refresh(settings, keyring),
        nonces=NonceSeries(keyring.derive("proof nonces")),
        aliases=identity.Aliases(keyring.finder(kept_keys.PAIRWISE), keyring.finder(kept_keys.HIDDEN)),
        profile=InstanceProfile(settings.profile),
        limiter=limiter,
        client_limiter=client_limiter,
        usage=ClientUsage(clock),
        activity=ClientActivity(clock),
        access_lifetime=timedelta(minutes=settings.access_token_minutes),
        signatory=Signatory(companion),
    )


def _describe_bounds(settings: Settings) -> LifetimeBounds:
    return LifetimeBounds(
        access_token_minutes=settings.access_token_minutes,
        refresh_token_days=settings.refresh_token_days,
        refresh_token_idle_days=settings.refresh_token_idle_days,
    )


def _describe_refresh(settings: Settings, keyring: Keyring) -> RefreshPolicy:
    return RefreshPolicy(
        key=keyring.finder(kept_keys.REFRESH),
        lifetime=timedelta(days=settings.refresh_token_days),
        idle=timedelta(days=settings.refresh_token_idle_days),
        retry=timedelta(seconds=settings.refresh_token_retry_seconds),
    )
