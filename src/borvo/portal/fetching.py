"""What the instance fetches from addresses that developers entered. Each is looked at once, when it is saved."""

from dataclasses import dataclass

import msgspec

from borvo.accounts.public import Limit, Limiter
from borvo.kernel.clock import Clock
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import TenancyId
from borvo.kernel.text import say
from borvo.portal.model import ClientDetails
from borvo.portal.pictures import BYTES_MAXIMUM, Picture, check_picture, read_picture
from borvo.web.outgoing import Outgoing, OutgoingError

FETCHES = Limit("client-fetch", 60)
"""By tenancy: whoever may register clients must not make of this instance a tool to call others."""

_LIST_MAXIMUM = 100_000
_OK = 200


def _refuse(field: str, fault: str) -> InvalidInputError:
    return InvalidInputError(say("The client cannot be saved like this."), {field: [fault]})


def find_list_fault(content: bytes, redirect_uris: tuple[str, ...]) -> str | None:
    """OpenID Connect Core 8.1, Registration 5: a JSON array that holds each callback, character by character."""
    try:
        listed = msgspec.json.decode(content, type=list[str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return say("What is at this address is no JSON array of callback URLs.")
    if missing := [uri for uri in redirect_uris if uri not in listed]:
        return say("The list at this address lacks %(uri)s.", uri=missing[0][:200])
    return None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Looks at the addresses of a client, counted by its tenancy."""

    limiter: Limiter
    clock: Clock
    outgoing: Outgoing

    async def _fetch(self, tenancy_id: TenancyId, url: str, field: str, most: int, accept: str) -> bytes:
        await self.limiter.spend(FETCHES, str(tenancy_id), self.clock())
        try:
            answer = await self.outgoing.fetch(url, most=most, accept=accept)
        except OutgoingError:
            fault = say(
                "Nothing usable came from this address: it has to answer on the public internet, within seconds."
            )
            raise _refuse(field, fault) from None
        if answer.status != _OK:
            fault = say(
                "This address answered with the status %(status)s; redirects are not followed.",
                status=answer.status,
            )
            raise _refuse(field, fault)
        return answer.content

    async def check_sector_list(
        self, tenancy_id: TenancyId, details: ClientDetails, before: ClientDetails | None = None
    ) -> None:
        """Raises `InvalidInputError` beside `sector_identifier_uri` unless the list at that address holds every
        callback, and `TooManyRequestsError`. What was looked at before is not looked at again."""
        uri = details.sector_identifier_uri
        is_known = (
            before is not None
            and before.sector_identifier_uri == uri
            and set(before.redirect_uris) >= set(details.redirect_uris)
        )
        if not uri or is_known:
            return
        content = await self._fetch(
            tenancy_id, uri, "sector_identifier_uri", _LIST_MAXIMUM, "application/json"
        )
        if fault := find_list_fault(content, details.redirect_uris):
            raise _refuse("sector_identifier_uri", fault)

    async def fetch_logo(self, tenancy_id: TenancyId, url: str) -> Picture:
        """A picture as developers upload them. Raises `InvalidInputError` beside `logo`, and as
        `check_sector_list`."""
        accept = "image/png, image/jpeg, image/webp"
        content = await self._fetch(tenancy_id, url, "logo", BYTES_MAXIMUM, accept)
        picture = read_picture(content)
        if picture is None:
            raise _refuse("logo", check_picture(content) or say("This picture cannot be used."))
        return picture
