"""What of a template a person reads that no catalogue can change."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import nodes

from borvo.languages.templates import build_environment

# Names and signs are the same in every language.
_NAMES = re.compile(r"Borvo|OpenID|&\w+;|(?:aria|data)-\w+=\"[^\"]*\"|(?:aria|data)-\w+=")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_PROSE = re.compile(r"[A-Z][a-z]+|[a-z]{2,} [a-z]{2,}")
_READ_ATTRIBUTES = {"aria-label", "alt", "placeholder", "title"}
_CODE = {"script", "style", "code", "kbd", "pre"}
_SAYING = {"_", "gettext", "ngettext"}
_UNREAD_ARGUMENTS = re.compile(r"class|autocomplete|type|id|name")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in _CODE
        self.read += [value for name, value in attrs if name in _READ_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in _CODE

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.read.append(data)


def _flatten(node: nodes.Node) -> Iterator[str]:
    """The page without what is filled in; of choices between literals, all of them."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Output):
            for part in child.nodes:
                yield part.data if isinstance(part, nodes.TemplateData) else "".join(_list_literals(part))
        elif isinstance(child, (nodes.Stmt, nodes.Template)):
            yield from _flatten(child)


def _list_literals(part: nodes.Node) -> Iterator[str]:
    """What an expression writes as it stands there."""
    if isinstance(part, nodes.Const) and isinstance(part.value, str):
        yield part.value
    elif isinstance(part, nodes.CondExpr):
        yield from _list_literals(part.expr1)
        if part.expr2:
            yield from _list_literals(part.expr2)
    elif isinstance(part, (nodes.Concat, nodes.Or, nodes.And, nodes.Add)):
        for child in part.iter_child_nodes():
            yield from _list_literals(child)


def _list_arguments(template: nodes.Node) -> Iterator[str]:
    """Prose that is handed to macros: labels, hints."""
    for call in template.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in _SAYING:
            continue
        given = [*call.args, *(each.value for each in call.kwargs if not _UNREAD_ARGUMENTS.search(each.key))]
        for argument in given:
            yield from (text for text in _list_literals(argument) if _PROSE.search(text))


def find_unspoken(source: str) -> list[str]:
    """The texts of a template that stand outside of every translation."""
    template = build_environment().parse(source)
    reader = _Reader()
    reader.feed("".join(_flatten(template)))
    reader.close()
    texts = [*reader.read, *_list_arguments(template)]
    return [" ".join(text.split()) for text in texts if _WORDS.search(_NAMES.sub("", text))]


def find_lonely_imports(source: str) -> list[str]:
    """Macros that are imported without the context, and so would not know the reader's language."""
    template = build_environment().parse(source)
    imports: list[nodes.FromImport | nodes.Import] = [
        *template.find_all(nodes.FromImport),
        *template.find_all(nodes.Import),
    ]
    return [str(each.template) for each in imports if not each.with_context]


def list_templates(root: Path) -> list[Path]:
    return sorted(root.glob("*/templates/**/*.html"))


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def find_unspoken_code(source: str) -> list[int]:
    """The lines on which code tells a person something that stays English: a fault of a form, a mail that is made of
    plain text, and one that is posted without the language of whoever gets it."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if _is_unspoken_mail(call) or _is_unspoken_fault(call)]


def _is_unspoken_fault(call: ast.Call) -> bool:
    is_fault = isinstance(call.func, ast.Attribute) and call.func.attr == "add_error"
    return is_fault and any(_is_literal(each) for each in call.args[1:])


def _is_unspoken_mail(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="Mail" | "TextMessage"):
            return any(_is_literal(each) for each in call.args)
        case ast.Name(id="post_mail" | "post_text"):
            return not any(each.arg == "language" for each in call.keywords)
        case _:
            return False


def list_code(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))
