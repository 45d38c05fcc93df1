"""Pages keep the ids by which the certification's simple browser finds its way, and need no script."""

from tests.conformance.browser import Browser, Page
from tests.conformance.plans import CODE_ID_TOKEN, PLANS, Case
from tests.conformance.provider import EMAIL, PASSWORD
from tests.conformance.trial import Shared, Trial


def _check(page: Page, form_id: str, fields: set[str], buttons: set[str]) -> None:
    form = page.find_form(form_id)
    assert form is not None
    assert fields <= form.ids.keys()
    assert buttons <= form.buttons.keys()


async def test_the_ids_on_the_way_through_a_sign_in_and_out_stay(borvo: Shared) -> None:
    (plan,) = (plan for plan in PLANS if plan.name == "formpost-hybrid")
    trial = Trial(borvo, Case(plan, CODE_ID_TOKEN, "oidcc-server"))
    # A client of its own, which nobody has consented to.
    await trial.use_client(redirect_uris=(f"{borvo.party.origin}/of-the-pages",))
    browser = Browser(borvo.http)
    page = await browser.visit(trial.build_url(trial.build_request()))
    _check(page, "sign-in-form", {"email", "password"}, {"sign-in"})
    sign_in = page.find_form("sign-in-form")
    assert sign_in is not None
    page = await browser.press(page, sign_in, "sign-in", email=EMAIL, password=PASSWORD)
    _check(page, "consent-form", set(), {"allow", "decline"})
    consent = page.find_form("consent-form")
    assert consent is not None
    page = await browser.press(page, consent, "allow")
    _check(page, "form-post", set(), {"continue"})
    page = await browser.visit(borvo.discovery["end_session_endpoint"])
    _check(page, "sign-out-form", set(), {"sign-out"})
    sign_out = page.find_form("sign-out-form")
    assert sign_out is not None
    assert "signed-out" in (await browser.press(page, sign_out, "sign-out")).ids
