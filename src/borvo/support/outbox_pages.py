"""The page of the console about messages that were not delivered."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login
from borvo.kernel.errors import BorvoError
from borvo.storage.outbox.messages import Outbox
from borvo.support import event_log
from borvo.support.door import HOME, AnyRequest, Collaborators, Supporting, intervene
from borvo.support.forms import note_error
from borvo.support.service import retry_message
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

Messages = NamedDependency[SkipValidation[Outbox]]
_PATH = "/outbox"


async def _render(
    supporter: Login, outbox: Outbox, form: Form, error: BorvoError | None = None, notice: str = ""
) -> Template:
    return render_page(
        "support/outbox.html",
        status=note_error(form, error),
        viewer=supporter,
        section="outbox",
        form=form,
        dead=await outbox.list_entries(is_dead=True),
        waiting=await outbox.list_entries(is_dead=False),
        notice=notice,
    )


@get(_PATH)
async def show_outbox(request: AnyRequest, supporter: Supporting, outbox: Messages) -> Template:
    return await _render(supporter, outbox, Form(), notice=request.query_params.get("notice", ""))


@post(_PATH, status_code=200)
async def submit_retry(
    request: AnyRequest, supporter: Supporting, accounts: Collaborators, outbox: Messages
) -> Template | Redirect:
    form = await read_form(request)
    try:
        why = intervene(supporter, form.text("reason"))
        await event_log.note_deed(accounts, why, "message tried again", form.text("id"))
        await retry_message(outbox, form.text("id"))
    except BorvoError as error:
        return await _render(supporter, outbox, form, error)
    return redirect_to(f"{HOME}{_PATH}?notice=due")


HANDLERS = (show_outbox, submit_retry)
