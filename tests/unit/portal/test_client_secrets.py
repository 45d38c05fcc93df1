"""A presented secret counts only if it is a live one of the client."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher

from borvo.accounts.public import Passwords
from borvo.kernel.entropy import create_token, read_system_entropy
from borvo.kernel.ids import ClientId, ClientKey, TenancyId
from borvo.portal.client_secrets import MEMO_ENTRIES, MEMO_SECONDS, SecretVerifier
from borvo.portal.model import RegisteredClient, StoredSecret

CHOSEN = "a secret of my own choice"


class CountingPasswords(Passwords):
    """Fast, and counts the slow hashes that the real ones would cost."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.verifications = 0

    async def verify(self, digest: str | None, password: str) -> bool:
        self.verifications += 1
        return await super().verify(digest, password)


class Seconds:
    """Time as the verifier sees it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def passwords() -> CountingPasswords:
    return CountingPasswords()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def verifier(passwords: CountingPasswords, seconds: Seconds) -> SecretVerifier:
    return SecretVerifier(lambda: b"k" * 32, passwords, clock=lambda: NOW, read_seconds=seconds)


def build_client(secrets: Sequence[StoredSecret], key: UUID | None = None) -> RegisteredClient:
    return RegisteredClient(
        client_id=ClientId("clinic.app"),
        client_key=ClientKey(key or uuid4()),
        tenancy_id=TenancyId(uuid4()),
        suffix="app",
        display_name="App",
        client_uri="",
        redirect_uris=(),
        grant_types=frozenset(),
        scopes=(),
        require_pkce=False,
        is_disabled=False,
        secrets=tuple(secrets),
    )


def store_generated(verifier: SecretVerifier, secret: str) -> StoredSecret:
    return StoredSecret(uuid4(), "hmac-sha256", verifier.digest(secret), datetime(2026, 1, 1, tzinfo=UTC))


async def store_chosen(verifier: SecretVerifier, secret: str) -> StoredSecret:
    return StoredSecret(uuid4(), "argon2id", await verifier.hash(secret), datetime(2026, 1, 1, tzinfo=UTC))


async def test_a_generated_secret_is_right_without_a_slow_hash(
    verifier: SecretVerifier, passwords: CountingPasswords
) -> None:
    secret = create_token(read_system_entropy)
    client = build_client([store_generated(verifier, secret)])
    assert await verifier.verify(client, secret)
    assert passwords.verifications == 0


async def test_each_of_several_live_secrets_is_right(verifier: SecretVerifier) -> None:
    client = build_client(
        [
            store_generated(verifier, "first"),
            await store_chosen(verifier, CHOSEN),
            store_generated(verifier, "second"),
        ]
    )
    assert [await verifier.verify(client, secret) for secret in ("first", CHOSEN, "second")] == [True] * 3


@pytest.mark.parametrize("wrong", ["", "firs", "first ", "FIRST", CHOSEN + "x"])
async def test_anything_else_is_wrong(verifier: SecretVerifier, wrong: str) -> None:
    client = build_client([store_generated(verifier, "first"), await store_chosen(verifier, CHOSEN)])
    assert not await verifier.verify(client, wrong)


async def test_a_client_without_secrets_has_no_right_one(verifier: SecretVerifier) -> None:
    assert not await verifier.verify(build_client([]), "")


async def test_a_digest_made_under_another_key_is_worth_nothing(
    verifier: SecretVerifier, passwords: CountingPasswords
) -> None:
    stranger = SecretVerifier(lambda: b"x" * 32, passwords)
    assert not await verifier.verify(build_client([store_generated(stranger, "first")]), "first")


async def test_the_stored_digest_itself_is_not_a_secret(verifier: SecretVerifier) -> None:
    stored = await store_chosen(verifier, CHOSEN)
    assert not await verifier.verify(build_client([stored]), stored.digest.decode())


async def test_a_chosen_secret_costs_one_slow_hash_a_minute(
    verifier: SecretVerifier, passwords: CountingPasswords, seconds: Seconds
) -> None:
    client = build_client([await store_chosen(verifier, CHOSEN)])
    assert [await verifier.verify(client, CHOSEN) for _ in range(3)] == [True] * 3
    assert passwords.verifications == 1
    seconds.now = MEMO_SECONDS
    assert await verifier.verify(client, CHOSEN)
    assert passwords.verifications == 2


async def test_those_who_come_together_with_one_secret_share_its_slow_hash(
    verifier: SecretVerifier, passwords: CountingPasswords
) -> None:
    client = build_client([await store_chosen(verifier, CHOSEN)])
    asked = [asyncio.ensure_future(verifier.verify(client, CHOSEN)) for _ in range(8)]
    await asyncio.sleep(0)
    asked[0].cancel()
    wrong = [verifier.verify(client, "wrong") for _ in range(4)]
    others = [verifier.verify(client, each) for each in ("one", "two")]
    answers = await asyncio.gather(*asked, *wrong, *others, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [True] * 7 + [False] * 6
    assert passwords.verifications == 1 + 1 + 2
    assert not await verifier.verify(client, "wrong")
    assert passwords.verifications == 5


async def test_a_verification_that_fails_fails_for_all_and_is_tried_again(
    verifier: SecretVerifier, passwords: CountingPasswords, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> bool:
        await asyncio.sleep(0)
        raise MemoryError

    client = build_client([await store_chosen(verifier, CHOSEN)])
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "verify", fail)
        asked = [verifier.verify(client, CHOSEN) for _ in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in answers] == [MemoryError] * 3
    assert await verifier.verify(client, CHOSEN)


async def test_failures_are_never_remembered(verifier: SecretVerifier, passwords: CountingPasswords) -> None:
    client = build_client([await store_chosen(verifier, CHOSEN)])
    assert [await verifier.verify(client, "something else") for _ in range(3)] == [False] * 3
    assert passwords.verifications == 3


async def test_a_removed_secret_stops_working_at_once(verifier: SecretVerifier) -> None:
    stored = await store_chosen(verifier, CHOSEN)
    client = build_client([stored])
    assert await verifier.verify(client, CHOSEN)
    assert not await verifier.verify(replace(client, secrets=()), CHOSEN)
    another = await store_chosen(verifier, "another one altogether")
    assert not await verifier.verify(replace(client, secrets=(another,)), CHOSEN)


async def test_what_is_remembered_of_one_client_does_not_help_another(verifier: SecretVerifier) -> None:
    assert await verifier.verify(build_client([await store_chosen(verifier, CHOSEN)]), CHOSEN)
    other = build_client([await store_chosen(verifier, "another one altogether")])
    assert not await verifier.verify(other, CHOSEN)


async def test_the_memory_is_bounded_and_forgets_the_oldest(
    verifier: SecretVerifier, passwords: CountingPasswords
) -> None:
    client = build_client([await store_chosen(verifier, CHOSEN)])
    await verifier.verify(client, CHOSEN)
    for number in range(MEMO_ENTRIES):
        verifier._memo.add(str(number).encode())
    assert len(verifier._memo._expiries) == MEMO_ENTRIES
    await verifier.verify(client, CHOSEN)
    assert passwords.verifications == 2


@pytest.mark.parametrize("kind", ["none", "generated", "unknown client"])
async def test_every_refusal_costs_a_slow_hash(
    verifier: SecretVerifier, passwords: CountingPasswords, kind: str
) -> None:
    if kind == "unknown client":
        assert not await verifier.verify_nothing("wrong")
    else:
        secrets = [store_generated(verifier, "right")] if kind == "generated" else []
        assert not await verifier.verify(build_client(secrets), "wrong")
    assert passwords.verifications == 1


@pytest.mark.parametrize(("end", "is_right"), [(NOW + timedelta(microseconds=1), True), (NOW, False)])
@pytest.mark.parametrize("kind", ["generated", "chosen"])
async def test_a_secret_works_until_its_end_and_not_at_it(
    verifier: SecretVerifier, kind: str, end: datetime, is_right: bool
) -> None:
    make = store_chosen(verifier, CHOSEN) if kind == "chosen" else None
    stored = await make if make else store_generated(verifier, CHOSEN)
    assert await verifier.verify(build_client([replace(stored, expires_at=end)]), CHOSEN) is is_right


async def test_what_is_remembered_does_not_outlive_the_secret(verifier: SecretVerifier) -> None:
    stored = await store_chosen(verifier, CHOSEN)
    client = build_client([stored])
    assert await verifier.verify(client, CHOSEN)
    assert not await verifier.verify(replace(client, secrets=(replace(stored, expires_at=NOW),)), CHOSEN)


@pytest.mark.parametrize("kind", ["generated", "chosen"])
async def test_an_expired_secret_is_refused_at_the_cost_of_a_wrong_one(
    verifier: SecretVerifier, passwords: CountingPasswords, kind: str
) -> None:
    stored = await store_chosen(verifier, CHOSEN) if kind == "chosen" else store_generated(verifier, CHOSEN)
    assert not await verifier.verify(build_client([replace(stored, expires_at=NOW)]), CHOSEN)
    assert passwords.verifications == 1


async def test_an_expired_secret_is_still_known_as_one_of_the_clients(verifier: SecretVerifier) -> None:
    client = build_client([replace(await store_chosen(verifier, CHOSEN), expires_at=NOW)])
    assert await verifier.is_known(client, CHOSEN)
    assert not await verifier.is_known(client, CHOSEN + "x")


async def test_only_what_was_right_counts_as_a_use(verifier: SecretVerifier) -> None:
    live, ended = store_generated(verifier, "live"), store_generated(verifier, "ended")
    client = build_client([live, replace(ended, expires_at=NOW)])
    for secret in ("live", "ended", "wrong"):
        await verifier.verify(client, secret)
    await verifier.is_known(client, "live")
    assert verifier.uses._notes._noted == {(client.client_key, live.id): NOW}


async def test_a_lent_secret_works_for_its_client_and_only_as_long_as_it_is_lent(
    verifier: SecretVerifier,
) -> None:
    client, other = build_client([]), build_client([])
    with verifier.lend(client) as first, verifier.lend(client) as second:
        assert first != second
        assert await verifier.verify(client, first)
        assert await verifier.verify(client, second)
        assert not await verifier.verify(other, first)
        assert not await verifier.verify(client, "anything else")
    assert not await verifier.verify(client, first)
    assert not await verifier.verify(client, second)
    assert verifier._lent == {}
    assert verifier.uses._notes._noted == {}


async def test_a_lent_secret_ends_although_what_it_was_for_has_failed(verifier: SecretVerifier) -> None:
    client, lent = build_client([]), list[str]()

    def fail() -> None:
        with verifier.lend(client) as secret:
            lent.append(secret)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not await verifier.verify(client, lent[0])


async def test_the_clients_own_secrets_work_beside_a_lent_one(verifier: SecretVerifier) -> None:
    client = build_client([await store_chosen(verifier, CHOSEN)])
    with verifier.lend(client):
        assert await verifier.verify(client, CHOSEN)
