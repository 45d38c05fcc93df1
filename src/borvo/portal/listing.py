"""The list of a tenancy's clients: searched, by state, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from borvo.kernel.ids import ClientId, TenancyId
from borvo.portal.expiry import SECRET_ENDS_SOON, count_days_left
from borvo.portal.model import AuthMethod, ClientState, GrantType, decide_state
from borvo.storage.database import Connection, Row

PAGE_SIZE = 25
_TEXT_MAXIMUM = 100
_PAGE_MAXIMUM = 100_000

_STATE = """case when c.deleted_at is not null then 'deleted' when c.disabled_at is not null then 'disabled'
              when c.live_at is not null then 'live' else 'draft' end"""
_MATCHES = """c.tenancy_id = any($1::uuid[]) and ($2::text = '' or strpos(lower(c.client_id), $2) > 0
              or strpos(lower(c.display_name), $2) > 0
              or exists (select from unnest(c.redirect_uris) uri where strpos(lower(uri), $2) > 0))"""
_ENDING = """exists (select from client_secret s where s.client_key = c.client_key
                and s.expires_at > $3::timestamptz and s.expires_at <= $3::timestamptz + $4::interval)"""


@dataclass(frozen=True, slots=True)
class ClientSearch:
    """What the developer looks for: part of an id, a name or a callback URL, and a state; None for all but the
    deleted ones. `is_ending` leaves of those only clients with a secret that ends soon, and goes without a state."""

    text: str = ""
    state: ClientState | None = None
    page: int = 1
    is_ending: bool = False

    def address(self, state: ClientState | None, page: int = 1, *, is_ending: bool = False) -> str:
        """Of the list with the same text, in that state."""
        asked = {
            "q": self.text,
            "state": state.value if state else "",
            "secrets": ENDING if is_ending else "",
            "page": str(page) if page > 1 else "",
        }
        given = {name: value for name, value in asked.items() if value or name == "q"}
        return f"/portal?{urlencode(given, quote_via=quote)}"


ENDING = "ending"
"""What a search says of the secrets of the clients that it wants."""


def read_search(text: str, state: str, page: str, secrets: str = "") -> ClientSearch:
    """What nobody could have meant counts as not given."""
    is_number = page.isascii() and page.isdecimal() and 0 < len(page) < len(str(_PAGE_MAXIMUM))
    is_ending = secrets == ENDING
    return ClientSearch(
        text=text.strip()[:_TEXT_MAXIMUM] if text.isprintable() else "",
        state=ClientState(state) if state in set(ClientState) and not is_ending else None,
        page=max(int(page), 1) if is_number else 1,
        is_ending=is_ending,
    )


@dataclass(frozen=True, slots=True)
class ListedClient:
    """One line of the list. `secrets` counts expired ones too. `secret_ends_at` is the end of the secret that works
    and ends next, if that is soon; `days_left` are those until then."""

    client_id: ClientId
    tenancy_id: TenancyId
    display_name: str
    state: ClientState
    grant_types: tuple[GrantType, ...]
    is_public: bool
    has_key: bool
    secrets: int
    live_secrets: int
    secret_ends_at: datetime | None
    days_left: int | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientList:
    """One page of what was found, how many there are in each state, and how many with a secret that ends soon."""

    search: ClientSearch
    clients: Sequence[ListedClient]
    counts: dict[ClientState, int]
    ending: int

    @property
    def total(self) -> int:
        if self.search.is_ending:
            return self.ending
        if self.search.state is not None:
            return self.counts[self.search.state]
        return sum(self.counts.values()) - self.counts[ClientState.DELETED]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all, deleted ones included."""
        return not self.search.text and not any(self.counts.values())


async def search_clients(
    connection: Connection, tenancy_ids: Sequence[TenancyId], search: ClientSearch, now: datetime
) -> ClientList:
    """The clients of these tenancies by name. Whoever calls has made sure that the person is a member."""
    asked = (list(tenancy_ids), search.text.lower(), now, SECRET_ENDS_SOON)
    counted = await connection.fetch(
        f"""select {_STATE} as state, count(*) as clients, count(*) filter (where {_ENDING}) as ending
            from client c where {_MATCHES} group by 1""",
        *asked,
    )
    found = {row["state"]: row["clients"] for row in counted}
    ending = sum(row["ending"] for row in counted if row["state"] != ClientState.DELETED)
    rows = await connection.fetch(_PAGE, *asked, search.state, search.is_ending, *_find_part(search))
    counts = {state: found.get(state, 0) for state in ClientState}
    return ClientList(search, [_read_listed(row, now) for row in rows], counts, ending)


def _find_part(search: ClientSearch) -> tuple[int, int]:
    return PAGE_SIZE, (search.page - 1) * PAGE_SIZE


_PAGE = f"""
    select c.*, u.last_used_at, s.secrets, s.live_secrets, s.secret_ends_at
    from (select c.client_id, c.client_key, c.tenancy_id, c.display_name, c.grant_types, c.is_public,
                 c.token_endpoint_auth_method, c.live_at, c.disabled_at, c.deleted_at
          from client c
          where {_MATCHES} and (($5::text is null and c.deleted_at is null) or {_STATE} = $5)
            and (not $6::boolean or {_ENDING})
          order by lower(c.display_name), c.client_id limit $7 offset $8) c
      left join client_usage u on u.client_key = c.client_key
      cross join lateral (
        select count(*) as secrets, count(*) filter (where s.expires_at is null or s.expires_at > $3) as live_secrets,
               min(s.expires_at) filter (where s.expires_at > $3 and s.expires_at <= $3 + $4::interval)
                 as secret_ends_at
        from client_secret s where s.client_key = c.client_key) s
    order by lower(c.display_name), c.client_id"""


def _read_listed(row: Row, now: datetime) -> ListedClient:
    return ListedClient(
        client_id=ClientId(row["client_id"]),
        tenancy_id=TenancyId(row["tenancy_id"]),
        display_name=row["display_name"],
        state=decide_state(row["live_at"], row["disabled_at"], row["deleted_at"]),
        grant_types=tuple(GrantType(each) for each in sorted(row["grant_types"])),
        is_public=row["is_public"],
        has_key=row["token_endpoint_auth_method"] == AuthMethod.PRIVATE_KEY_JWT,
        secrets=row["secrets"],
        live_secrets=row["live_secrets"],
        secret_ends_at=row["secret_ends_at"],
        days_left=count_days_left(now, row["secret_ends_at"]),
        last_used_at=row["last_used_at"],
    )
