"""What a worker opens it closes, whatever else fails."""

import pytest
from litestar import Litestar

from borvo.assembly import Platform
from borvo.assembly.upkeep import build_lifespan
from borvo.companion.keeper import Companion


async def test_the_database_closes_whatever_becomes_of_the_process(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Companion) -> None:
        raise ValueError("nobody foresaw it")

    monkeypatch.setattr(Companion, "close", fail)
    monkeypatch.setattr(Companion, "open", lambda _: None)
    with pytest.raises(ValueError, match="nobody foresaw it"):
        async with build_lifespan(platform)(Litestar([])):
            assert platform.database.pool is not None
    with pytest.raises(RuntimeError, match="not open"):
        assert platform.database.pool is not None


async def test_a_worker_that_cannot_begin_closes_the_database(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Companion) -> None:
        raise ValueError("nobody foresaw it")

    monkeypatch.setattr(Companion, "open", fail)
    with pytest.raises(ValueError, match="nobody foresaw it"):
        async with build_lifespan(platform)(Litestar([])):
            raise AssertionError("it began")
    with pytest.raises(RuntimeError, match="not open"):
        assert platform.database.pool is not None
