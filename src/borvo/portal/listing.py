"""The list of a tenancy's clients: searched, by state, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from borvo.kernel.ids import ClientId, TenancyId
from borvo.portal.model import ClientState, GrantType, decide_state
from borvo.storage.database import Connection, Row

PAGE_SIZE = 25
_TEXT_MAXIMUM = 100
_PAGE_MAXIMUM = 100_000

_STATE = """case when c.deleted_at is not null then 'deleted' when c.disabled_at is not null then 'disabled'
              when c.live_at is not null then 'live' else 'draft' end"""
_MATCHES = """c.tenancy_id = any($1::uuid[]) and ($2::text = '' or strpos(lower(c.client_id), $2) > 0
              or strpos(lower(c.display_name), $2) > 0
              or exists (select from unnest(c.redirect_uris) uri where strpos(lower(uri), $2) > 0))"""


@dataclass(frozen=True, slots=True)
class ClientSearch:
    """What the developer looks for: part of an id, a name or a callback URL, and a state; None for all but the
    deleted ones."""

    text: str = ""
    state: ClientState | None = None
    page: int = 1


def read_search(text: str, state: str, page: str) -> ClientSearch:
    """What nobody could have meant counts as not given."""
    is_number = page.isascii() and page.isdecimal() and 0 < len(page) < len(str(_PAGE_MAXIMUM))
    return ClientSearch(
        text=text.strip()[:_TEXT_MAXIMUM] if text.isprintable() else "",
        state=ClientState(state) if state in set(ClientState) else None,
        page=max(int(page), 1) if is_number else 1,
    )


@dataclass(frozen=True, slots=True)
class ListedClient:
    """One line of the list."""

    client_id: ClientId
    tenancy_id: TenancyId
    display_name: str
    state: ClientState
    grant_types: tuple[GrantType, ...]
    is_public: bool
    secrets: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientList:
    """One page of what was found, and how many there are in each state."""

    search: ClientSearch
    clients: Sequence[ListedClient]
    counts: dict[ClientState, int]

    @property
    def total(self) -> int:
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
    connection: Connection, tenancy_ids: Sequence[TenancyId], search: ClientSearch
) -> ClientList:
    """The clients of these tenancies by name. Whoever calls has made sure that the person is a member."""
    ids, text = list(tenancy_ids), search.text.lower()
    counted = await connection.fetch(
        f"select {_STATE} as state, count(*) as clients from client c where {_MATCHES} group by 1", ids, text
    )
    found = {row["state"]: row["clients"] for row in counted}
    rows = await connection.fetch(
        f"""select c.*, u.last_used_at,
                   (select count(*) from client_secret s where s.client_key = c.client_key) as secrets
            from (select c.client_id, c.client_key, c.tenancy_id, c.display_name, c.grant_types, c.is_public,
                         c.live_at, c.disabled_at, c.deleted_at
                  from client c
                  where {_MATCHES} and (($3::text is null and c.deleted_at is null) or {_STATE} = $3)
                  order by lower(c.display_name), c.client_id limit $4 offset $5) c
              left join client_usage u on u.client_key = c.client_key
            order by lower(c.display_name), c.client_id""",
        ids,
        text,
        search.state,
        PAGE_SIZE,
        (search.page - 1) * PAGE_SIZE,
    )
    counts = {state: found.get(state, 0) for state in ClientState}
    return ClientList(search, [_read_listed(row) for row in rows], counts)


def _read_listed(row: Row) -> ListedClient:
    return ListedClient(
        client_id=ClientId(row["client_id"]),
        tenancy_id=TenancyId(row["tenancy_id"]),
        display_name=row["display_name"],
        state=decide_state(row["live_at"], row["disabled_at"], row["deleted_at"]),
        grant_types=tuple(GrantType(each) for each in sorted(row["grant_types"])),
        is_public=row["is_public"],
        secrets=row["secrets"],
        last_used_at=row["last_used_at"],
    )
