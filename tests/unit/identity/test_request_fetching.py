"""Request objects that clients publish: what is asked, and how often."""

import asyncio

import pytest

from borvo.identity.request_fetching import RequestFetcher
from borvo.identity.request_object import OBJECT_MAXIMUM
from borvo.web.outgoing import Fetched, OutgoingError

URL = "https://app.example.org/request.jwt"


class Site:
    """Answers once it is let."""

    def __init__(self, status: int = 200, content: bytes = b" a.b.c\r\n") -> None:
        self.ready = asyncio.Event()
        self.asked: list[str] = []
        self._answer = Fetched(status, "application/jwt", content)

    async def fetch(self, url: str, *, most: int, accept: str) -> Fetched:
        assert (most, "application/jwt" in accept) == (OBJECT_MAXIMUM, True)
        self.asked.append(url)
        await self.ready.wait()
        return self._answer


@pytest.mark.spec("OpenID Connect Core", "6.2")
async def test_who_comes_while_an_address_is_asked_waits_for_the_same_answer() -> None:
    site = Site()
    fetcher = RequestFetcher(site.fetch)
    waiting = [asyncio.create_task(fetcher.fetch(f"{URL}#{number}")) for number in range(5)]
    gone = asyncio.create_task(fetcher.fetch(URL))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    site.ready.set()
    assert await asyncio.gather(*waiting) == ["a.b.c"] * 5
    assert site.asked == [URL]
    assert await fetcher.fetch(URL) == "a.b.c"
    assert site.asked == [URL, URL]


@pytest.mark.parametrize("status", [201, 204, 301, 404, 500])
async def test_an_answer_that_is_none_is_an_error_each_time(status: int) -> None:
    site = Site(status)
    site.ready.set()
    fetcher = RequestFetcher(site.fetch)
    for _ in range(2):
        with pytest.raises(OutgoingError, match=str(status)):
            await fetcher.fetch(URL)
    assert len(site.asked) == 2


async def test_what_is_no_text_becomes_no_object() -> None:
    site = Site(content=b"\xff.\xfe.")
    site.ready.set()
    assert not (await RequestFetcher(site.fetch).fetch(URL)).isascii()
