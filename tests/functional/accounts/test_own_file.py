"""What an account holds is taken along as a file, without what opens it."""

import json

from borvo.assembly import Platform
from tests.functional.accounts.enrolment import add_app, add_passkey, make_codes
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA

FILE = "/account/details"


async def test_factors_are_in_it_by_name_and_date_and_no_key(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    await add_passkey(ada, "Work laptop")
    codes = await make_codes(ada)
    answer = await ada.client.get(FILE)
    assert answer.headers["content-disposition"] == 'attachment; filename="account-2026-01-15.json"'
    told = answer.json()
    assert (told["email"], told["roles"], told["profile"]["nickname"]) == (ADA, ["patient"], "")
    [passkey] = told["second_step"].pop("passkeys")
    assert passkey == {
        "name": "Work laptop",
        "on_several_devices": False,
        "added_at": "2026-01-15T12:00:30+00:00",
        "last_used_at": None,
    }
    assert told["second_step"] == {
        "authenticator_app_since": "2026-01-15T12:00:00+00:00",
        "recovery_codes_left": 10,
    }
    assert len(told["devices"]) == 1
    row = await platform.database.pool.fetchrow(
        """select encode(public_key, 'hex') as key, encode(credential_id, 'hex') as id, k.digest as password
           from person_passkey join person_password k using (person_id)"""
    )
    assert row is not None
    for hidden in (secret, *codes, *row.values(), ada.client.cookies["borvo_session"]):
        assert hidden not in json.dumps(told)


async def test_a_stolen_session_does_not_get_it(ada: Browser, clock: TestClock) -> None:
    clock.advance(minutes=10, seconds=1)
    assert (await ada.client.get(FILE)).headers["location"].startswith("/account/sign-in")


async def test_the_page_with_the_samples_leads_to_it(ada: Browser) -> None:
    assert f'href="{FILE}"' in (await ada.open("/account/export")).text
