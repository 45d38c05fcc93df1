"""A database that is away: what callers are told meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from borvo.storage.database import Database
from tests.functional.browser import Browser


def fail_with(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def fail(_: Database) -> AsyncIterator[None]:
        raise fault
        yield

    monkeypatch.setattr(Database, "connection", fail)
    monkeypatch.setattr(Database, "transaction", fail)


@pytest.mark.parametrize(
    "fault",
    [ConnectionRefusedError("refused"), asyncpg.CannotConnectNowError("starting"), TimeoutError()],
    ids=lambda fault: type(fault).__name__,
)
async def test_programs_are_told_to_come_back(
    fault: Exception, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(fault, monkeypatch)
    form = {"grant_type": "client_credentials", "client_id": "a.b", "client_secret": "c"}
    answer = await http.post("/connect/token", data=form)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["status"] == 503
    assert "refused" not in answer.text


async def test_people_get_a_page(ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(ConnectionRefusedError(), monkeypatch)
    answer = await ada.client.get("/account", headers={"accept": "text/html"})
    assert answer.status_code == 503
    assert "try again in a moment" in answer.text
