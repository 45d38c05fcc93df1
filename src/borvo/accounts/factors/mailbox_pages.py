"""The page on which somebody shows that she reads her mail, before her first second factor counts."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.factors import mailbox_proof, service
from borvo.accounts.factors.pages import APP_PATH, PASSKEYS_PATH, carry
from borvo.accounts.forms import read_way_on
from borvo.accounts.model import Login
from borvo.accounts.recency import require_recent
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import FACTORS_PATH, AnyRequest, Collaborators, SignedIn
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_NEXT = {"app": APP_PATH, "passkeys": PASSKEYS_PATH}


def _read_way(then: str | None, return_to: str | None) -> tuple[str, str]:
    """What she is about to set up, empty for a choice of both, and where she goes on to after that."""
    return (then if then in _NEXT else "") or "", read_way_on(return_to)


async def _render(
    accounts: Accounts, login: Login, form: Form, way: tuple[str, str], status: int = 200
) -> Template:
    address, proof = await mailbox_proof.find_proof(accounts, login)
    return render_page(
        "accounts/mailbox.html",
        status=status,
        viewer=login,
        form=form,
        address=address,
        is_sent=proof is not None and not proof.is_proved,
        then=way[0],
        return_to=way[1],
    )


@get(mailbox_proof.PROOF_PATH)
async def show_mailbox(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    asked = request.query_params
    way = _read_way(asked.get("then"), asked.get("return_to"))
    await require_recent(accounts, login, mailbox_proof.build_proof_url(*way))
    _, proof = await mailbox_proof.find_proof(accounts, login)
    if proof is not None and proof.is_proved:
        return redirect_to(carry(FACTORS_PATH, way[1]))
    return await _render(accounts, login, Form(), way)


@post(f"{mailbox_proof.PROOF_PATH}/send", status_code=200)
async def submit_wish(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    way = _read_way(form.text("then"), form.text("return_to"))
    await require_recent(accounts, login, mailbox_proof.build_proof_url(*way))
    try:
        await mailbox_proof.send_code(accounts, login)
    except TooManyRequestsError as error:
        form.add_error("form", error.public)
        return await _render(accounts, login, form, way, error.status)
    return redirect_to(mailbox_proof.build_proof_url(*way))


@post(mailbox_proof.PROOF_PATH, status_code=200)
async def submit_mailbox_code(
    request: AnyRequest, login: SignedIn, accounts: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    way = _read_way(form.text("then"), form.text("return_to"))
    await require_recent(accounts, login, mailbox_proof.build_proof_url(*way))
    cookie = await mailbox_proof.prove_mailbox(accounts, login, form.text("code"))
    if cookie is not None:
        if way[0] == "app":
            await service.begin_app(accounts, login.person)
        answer = redirect_to(carry(_NEXT.get(way[0], FACTORS_PATH), way[1]))
        answer.cookies.append(accounts.cookies.create("session", cookie.render()))
        return answer
    form.put("code", [])
    form.add_error("code", say("This is not the code of the newest mail, or it is too old."))
    return await _render(accounts, login, form, way, 400)


HANDLERS = (show_mailbox, submit_wish, submit_mailbox_code)
