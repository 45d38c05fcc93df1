"""A proof that was used for one grant is used for all: RFC 9449 11.1."""

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.possession import PROOF_HASTE
from borvo.storage.marks import mark_restored
from tests.factories.clients import MYBP_SCOPES, SECRET, register_client
from tests.factories.proofs import Prover
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import obtain_code
from tests.functional.identity.test_bound_tokens import check_error
from tests.functional.identity.test_devices import GRANT as DEVICE
from tests.functional.identity.test_devices import begin, decide

CODE = "authorization_code"


@pytest.mark.spec("RFC 9449", "11.1")
@pytest.mark.parametrize("grant", [CODE, DEVICE])
async def test_a_used_proof_redeems_nothing(
    http: httpx.AsyncClient, platform: Platform, ada: Browser, clock: TestClock, grant: str
) -> None:
    prover = Prover(clock)
    await register_client(
        platform, "demo.service", grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    scopes = [*MYBP_SCOPES, "offline_access"]
    await register_client(platform, "demo.app", grant_types=["hybrid", "device_code"], scopes=scopes)
    app = Handler(http, "demo.app", "openid")
    if grant == CODE:
        given = {"code": await obtain_code(app, ada), "redirect_uri": app.redirect_uri}
    else:
        begun = await begin(app)
        given = {"device_code": begun["device_code"]}
        await decide(ada, begun["user_code"])
    tokens = {"grant_type": "client_credentials", "client_id": "demo.service", "client_secret": SECRET}
    redemption = {"grant_type": grant, **given, "client_id": app.client_id, "client_secret": SECRET}
    answers = [
        await app.http.post(
            "/connect/token",
            data=data,
            headers={"DPoP": prover.prove("POST", "/connect/token", jti="once")},
        )
        for data in (tokens, redemption)
    ]
    assert answers[0].status_code == 200
    check_error(answers[1], "invalid_dpop_proof")
    assert (await prover.ask(app, **redemption)).status_code == 200


async def test_a_proof_that_may_have_been_used_before_a_restore_is_refused(
    http: httpx.AsyncClient, platform: Platform, clock: TestClock
) -> None:
    """The backup does not know of it."""
    prover = Prover(clock)
    await register_client(
        platform, "demo.service", grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    data = {"grant_type": "client_credentials", "client_id": "demo.service", "client_secret": SECRET}
    old = prover.prove("POST", "/connect/token")
    async with platform.database.transaction() as connection:
        await mark_restored(connection, clock.now)
    clock.now += PROOF_HASTE
    check_error(await http.post("/connect/token", data=data, headers={"DPoP": old}), "invalid_dpop_proof")
    clock.advance(seconds=1)
    fresh = prover.prove("POST", "/connect/token")
    assert (await http.post("/connect/token", data=data, headers={"DPoP": fresh})).status_code == 200
