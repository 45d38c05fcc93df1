"""Names by which clients know people, and ids that tokens carry unseen."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.identity.aliases import Aliases
from borvo.identity.refresh import RefreshPolicy
from borvo.kernel.entropy import decode_bytes, encode_bytes, read_system_entropy
from borvo.kernel.ids import ClientId, ClientKey, LoginSessionId, PersonId, TenancyId
from borvo.portal.model import RegisteredClient, SubjectType
from borvo.portal.sectors import check_sector, find_sector

ALIASES = Aliases(lambda: b"p" * 32, lambda: b"m" * 32)
CLIENT = RegisteredClient(
    client_id=ClientId("demo.app"),
    client_key=ClientKey(uuid4()),
    tenancy_id=TenancyId(uuid4()),
    suffix="app",
    display_name="App",
    client_uri="",
    redirect_uris=("https://App.example/a", "https://app.example/b"),
    grant_types=frozenset(),
    scopes=(),
    require_pkce=False,
    is_disabled=False,
    secrets=(),
    subject_type=SubjectType.PAIRWISE,
)
SIBLING = replace(CLIENT, client_id=ClientId("demo.sibling"), client_key=ClientKey(uuid4()))
ids = st.uuids()
secrets = st.binary(min_size=32, max_size=32)


@pytest.mark.spec("OpenID Connect Core", "8.1")
@given(ids, ids)
def test_a_pairwise_name_is_the_same_each_time_and_of_one_person_only(one: UUID, other: UUID) -> None:
    name = ALIASES.name_person(CLIENT, PersonId(one))
    assert name == ALIASES.name_person(SIBLING, PersonId(one))
    assert name not in {str(one), str(other)}
    assert (name == ALIASES.name_person(CLIENT, PersonId(other))) is (one == other)
    assert UUID(name).version == 8
    assert name != replace(ALIASES, pairwise=lambda: b"q" * 32).name_person(CLIENT, PersonId(one))


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ("https://other.example/a",)},
        {"tenancy_id": TenancyId(uuid4())},
        {"sector_identifier_uri": "https://app.example/list"},
        {"redirect_uris": ("https://app.example/a", "https://b.example/a"), "client_key": ClientKey(uuid4())},
    ],
)
def test_another_sector_knows_her_by_another_name(changes: dict[str, object]) -> None:
    person = PersonId(uuid4())
    other = replace(CLIENT, **changes)  # type: ignore[arg-type]
    assert ALIASES.name_person(other, person) != ALIASES.name_person(CLIENT, person)


def test_a_checked_list_is_one_sector_whatever_the_tenancy() -> None:
    listed = replace(CLIENT, sector_identifier_uri="https://Sector.example:8443/list.json")
    elsewhere = replace(listed, tenancy_id=TenancyId(uuid4()), redirect_uris=("https://other.example/",))
    assert find_sector(listed) == find_sector(elsewhere) == "sector.example"
    # A list that names nothing of the client's says nothing about it.
    nowhere = replace(elsewhere, redirect_uris=())
    assert find_sector(nowhere) == str(nowhere.client_key)


def test_each_pairwise_client_has_session_names_of_its_own_and_public_ones_share_them() -> None:
    session = LoginSessionId(uuid4())
    names = {ALIASES.name_session(client, session) for client in (CLIENT, SIBLING)}
    assert len(names | {str(session)}) == 3
    public = replace(CLIENT, subject_type=SubjectType.PUBLIC)
    assert ALIASES.name_session(public, session) == str(session)
    assert ALIASES.name_person(public, PersonId(session)) == str(session)


@given(ids, secrets, secrets)
def test_a_token_tells_whose_it_is_to_the_instance_alone(person: UUID, secret: bytes, other: bytes) -> None:
    text = ALIASES.render_token(person, secret)
    assert ALIASES.parse_token(text) == person
    assert person.bytes not in (decode_bytes(text) or b"")
    assert replace(ALIASES, mask=lambda: b"n" * 32).parse_token(text) != person
    # Two tokens of one person have nothing in common.
    assert (ALIASES.render_token(person, other)[:20] == text[:20]) is (other == secret)
    assert ALIASES.parse_token(text + "A") is None
    assert ALIASES.parse_token(text[:-1]) is None


@given(st.text())
def test_no_made_up_token_is_an_error(text: str) -> None:
    assert ALIASES.parse_token(text) is None


POLICY = RefreshPolicy(lambda: b"k" * 32, timedelta(1), timedelta(1), timedelta(0))


@given(ids, ids)
def test_a_refresh_token_names_its_family_to_the_instance_alone(person: UUID, family: UUID) -> None:
    text = POLICY.render(PersonId(person), family, read_system_entropy)
    assert POLICY.parse(text) == (person, family)
    data = decode_bytes(text) or b""
    assert person.bytes not in data
    assert family.bytes not in data
    for place in (0, 20, 40, 70):
        changed = bytes([*data[:place], data[place] ^ 1, *data[place + 1 :]])
        assert POLICY.parse(encode_bytes(changed)) is None


def test_a_refresh_token_of_an_earlier_release_still_names_its_family() -> None:
    person, family = uuid4(), uuid4()
    body = person.bytes + family.bytes + b"s" * 32
    former = encode_bytes(body + POLICY._mark(body))
    assert POLICY.parse(former) == (person, family)


@pytest.mark.parametrize(
    ("kind", "uris", "sector", "is_fit"),
    [
        (SubjectType.PUBLIC, ["https://a.example/", "https://b.example/"], "", True),
        (SubjectType.PAIRWISE, ["https://a.example/1", "https://A.example/2"], "", True),
        (SubjectType.PAIRWISE, ["https://a.example/", "https://b.example/"], "", False),
        (SubjectType.PAIRWISE, ["https://a.example/", "https://b.example/"], "https://c.example/l", True),
        (SubjectType.PAIRWISE, [], "", True),
        (SubjectType.PAIRWISE, [], "https://c.example/l", False),
        (SubjectType.PUBLIC, [], "https://c.example/l", False),
    ],
)
def test_callbacks_on_several_hosts_need_a_list_and_without_any_there_is_none(
    kind: SubjectType, uris: list[str], sector: str, is_fit: bool
) -> None:
    assert (check_sector(kind, uris, sector) is None) is is_fit
