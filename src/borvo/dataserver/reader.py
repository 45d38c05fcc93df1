"""Who reads whose samples: the one way in of the newer routes."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from borvo.catalogue.sample_types import SampleType
from borvo.dataserver import policy
from borvo.dataserver.service import DataServer, refuse_scopes
from borvo.identity.public import Admission
from borvo.kernel.errors import BorvoError, ForbiddenError
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whose token verified, and whose samples she is about to read: `subject` is the name by which she knows
    the person. Whether the token is still good is for the statement that reads, or for `admission.confirm`."""

    admission: Admission
    person_id: PersonId
    subject: str

    @property
    def scopes(self) -> frozenset[str]:
        return self.admission.token.scopes

    def require(self, deed: str, types: Iterable[SampleType]) -> None:
        """Raises `ForbiddenError` that names the scopes that the token lacks."""
        if missing := policy.find_missing_read_scopes(types, self.scopes):
            raise refuse_scopes(deed, missing)


@asynccontextmanager
async def admit_reader(
    server: DataServer, presented: PresentedToken, query_token: str | None
) -> AsyncIterator[tuple[Connection, Reader]]:
    """A connection, and who reads by it: never by a query token. When the request is refused, whose token has ended
    learns that, and nothing about the request."""
    admission = await server.verify(presented)
    async with read_as(server, admission, query_token) as admitted:
        yield admitted


@asynccontextmanager
async def read_as(
    server: DataServer, admission: Admission, query_token: str | None = None
) -> AsyncIterator[tuple[Connection, Reader]]:
    """As `admit_reader`, for a token that was verified."""
    async with server.database.connection() as connection:
        try:
            yield connection, _describe(admission, query_token)
        except BorvoError:
            await admission.confirm(connection)
            raise


def _describe(admission: Admission, query_token: str | None) -> Reader:
    if query_token is not None:
        raise ForbiddenError(
            "An agency-query-token does not open this: it reads by GET /sample/v1, GET /sample/v1/statistics and "
            "POST /query/v1."
        )
    person_id = admission.token.person_id
    if person_id is None:
        raise ForbiddenError("This access token stands for a program, not for a person who has samples.")
    return Reader(admission, person_id, admission.token.known_as)
