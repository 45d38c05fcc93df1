"""Clients that others wrote, and a person in front of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.browser import Browser
from tests.instance import Instance
from tests.judges.person import Person

Register = Callable[..., Awaitable[str]]
LASTING = (*MYBP_SCOPES, "offline_access")


@pytest.fixture(scope="session")
def register(borvo: Instance) -> Register:
    """Registers a client with a callback address; tells its id."""

    async def register_one(callback: str, **settings: object) -> str:
        usual: dict[str, object] = {
            "grant_types": ["authorization_code"],
            "scopes": LASTING,
            "redirect_uris": [callback] if callback else [],
            "post_logout_redirect_uris": [f"{callback}/bye"] if callback else [],
        }
        client_id = f"j{uuid4().hex[:10]}.judge"
        return await register_client(borvo.platform, client_id, **{**usual, **settings})  # type: ignore[arg-type]

    return register_one


@pytest.fixture(scope="session")
async def meet(borvo: Instance) -> AsyncIterator[Callable[[], Awaitable[Person]]]:
    """Somebody new who has an account, with a browser of her own."""
    async with AsyncExitStack() as stack:

        async def meet_one() -> Person:
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=borvo.origin, timeout=20))
            return Person(await borvo.create_person(), Browser(client))

        yield meet_one
