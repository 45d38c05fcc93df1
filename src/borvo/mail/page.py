"""The same mail as a page, for programs that show one. It is made of the text, so that both say the same, and loads
nothing from anywhere: whoever opens a mail tells nobody."""

from functools import cache

from jinja2 import Environment, PackageLoader, Template

from borvo.mail.blocks import read_blocks
from borvo.mail.model import Mail


@cache
def _load_template() -> Template:
    environment = Environment(
        loader=PackageLoader("borvo.mail"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("mail/message.html")


def render_mail(mail: Mail) -> str:
    """HTML in light and in dark colours, as the reader likes it."""
    return _load_template().render(subject=mail.subject, blocks=read_blocks(mail.text))
