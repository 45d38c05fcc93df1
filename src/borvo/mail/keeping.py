"""For the demo: mails and text messages are kept instead of sent, and a page shows them to whoever tries Borvo out."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Template

from borvo.mail.posting import KIND, read_mail
from borvo.mail.texting import TEXT_KIND, read_text
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import Payload
from borvo.web.pages import PAGE_OPT, render_page

_MOST = 50


async def keep_mail(_: Payload) -> None:
    """The handler of the demo: the outbox keeps what it has delivered, so there is nothing to do."""


@get("/outbox")
async def show_outbox(outbox: NamedDependency[SkipValidation[Outbox]]) -> Template:
    mails = [(sent_at, read_mail(payload)) for sent_at, payload in await outbox.list_payloads(KIND, _MOST)]
    texts = [
        (sent_at, read_text(payload)) for sent_at, payload in await outbox.list_payloads(TEXT_KIND, _MOST)
    ]
    newest = sorted([*mails, *texts], key=lambda each: each[0], reverse=True)
    return render_page("mail/outbox.html", viewer=None, mails=newest[:_MOST])


def build_outbox_router() -> Router:
    """Never part of an instance in earnest: it shows everybody's mail to everybody. `assembly` provides `outbox`."""
    return Router(path="/", route_handlers=[show_outbox], opt={PAGE_OPT: True}, include_in_schema=False)
