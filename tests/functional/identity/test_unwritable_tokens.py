"""A token that cannot be written down costs nobody the code or the refresh token that it was to be given for."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.engine import AccessTokenGenerator
from borvo.identity.grants.openid import IdTokenClaims
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import LASTING, obtain_code, obtain_tokens, refresh, register_lasting

KINDS = {
    "access token": (AccessTokenGenerator, "_describe"),
    "id token": (IdTokenClaims, "generate_user_info"),
}


@pytest.fixture
async def lasting(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register_lasting(platform, http)


@contextmanager
def spoil(kind: str) -> Iterator[None]:
    """One of the claims is no JSON."""
    owner, name = KINDS[kind]
    describe = getattr(owner, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, lambda *args: {**describe(*args), "odd": object()})
        yield


@pytest.mark.parametrize("kind", KINDS)
async def test_the_code_is_still_good(lasting: Handler, ada: Browser, kind: str) -> None:
    code = await obtain_code(lasting, ada)
    with spoil(kind):
        assert (await lasting.redeem(code)).status_code == 500
    answer = await lasting.redeem(code)
    assert answer.status_code == 200
    claims = await lasting.read_id_token(answer.json()["id_token"])
    assert claims["at_hash"]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_refresh_token_is_still_good(lasting: Handler, ada: Browser, kind: str) -> None:
    token = (await obtain_tokens(lasting, ada, scope=LASTING))["refresh_token"]
    with spoil(kind):
        assert (await refresh(lasting, token)).status_code == 500
    assert (await refresh(lasting, token)).status_code == 200
