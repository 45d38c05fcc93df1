"""The same mail as a page, for programs that show one. It is made of the text, so that both say the same, and loads
nothing from anywhere: whoever opens a mail tells nobody."""

from functools import cache
from pathlib import Path

from jinja2 import PackageLoader, Template
from markupsafe import Markup

from borvo.languages.choice import choose_language
from borvo.languages.templates import build_environment
from borvo.mail.blocks import read_blocks
from borvo.mail.model import Mail

_STYLE = Path(__file__).parent / "templates" / "mail" / "message.css"


@cache
def _load_style() -> Markup:
    """Stands in the mail itself, which no content security policy governs: programs load no style from elsewhere."""
    return Markup(f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>")  # noqa: S704  (a file of ours)


@cache
def _load_template() -> Template:
    return build_environment(PackageLoader("borvo.mail")).get_template("mail/message.html")


def render_mail(mail: Mail) -> str:
    """HTML in light and in dark colours, as the reader likes it."""
    language = choose_language([mail.language])
    return _load_template().render(
        style=_load_style(), subject=mail.subject, blocks=read_blocks(mail.text), language=language
    )
