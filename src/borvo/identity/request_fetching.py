"""Request objects that clients publish (OpenID Connect Core 6.2)."""

import asyncio
from urllib.parse import urldefrag

from borvo.identity.client_keys import Fetch
from borvo.identity.request_object import OBJECT_MAXIMUM
from borvo.web.outgoing import OutgoingError

_OK = 200
_ACCEPT = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.5"


class RequestFetcher:
    """Fetches request objects, anew each time: what stands at an address may have changed. `fetch` may wait for
    somebody else's server for ten seconds: call it without a database connection in hand."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._questions: dict[str, asyncio.Task[str]] = {}

    async def fetch(self, request_uri: str) -> str:
        """The object. Raises `OutgoingError`, whose words are for the client's developer. Who comes while a question is
        under way waits for its answer: nobody can have one address asked many times at once."""
        # OpenID Connect Core 6.2: the fragment tells versions apart, for those who remember what they fetched.
        url = urldefrag(request_uri).url
        question = self._questions.get(url)
        if question is None:
            question = self._questions[url] = asyncio.create_task(self._ask(url))
            question.add_done_callback(lambda _: self._questions.pop(url, None))
        return await asyncio.shield(question)

    async def _ask(self, url: str) -> str:
        answer = await self._fetch(url, most=OBJECT_MAXIMUM, accept=_ACCEPT)
        if answer.status != _OK:
            raise OutgoingError(f"it answered with the status {answer.status}")
        return answer.content.decode("ascii", "replace").strip()
