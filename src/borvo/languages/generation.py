"""How templates become Python: what stands on every page is written with as few calls as can be."""

import re
from collections.abc import Mapping, MutableMapping
from functools import cached_property
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import Markup, escape

from borvo.kernel.text import Day, Instant, Number, Text
from borvo.languages.language import Language
from borvo.languages.phrases import Phrases, list_phrases

_SAID = (Text, Day, Instant, Number)
_GETTEXT = {"_", "gettext"}
# What `escape` changes.
_SPECIAL = re.compile("[&<>'\"]")


class ReaderContext(Context):
    """The variables of a template, and who reads it."""

    @property
    def language(self) -> Language:
        """Fails for a template that is rendered, or imported, without one: it would be in English for everybody."""
        language: Language = self["language"]
        return language

    @cached_property
    def phrases(self) -> Phrases:
        return list_phrases(self.language.catalogue)

    def show(self, value: Any) -> Any:
        """What stands for a value: texts and dates as the language has them."""
        return self.language.show(value) if isinstance(value, _SAID) else value

    def write(self, value: Any) -> str:
        """The same as markup."""
        if type(value) is str:
            return escape(value) if _SPECIAL.search(value) else value
        return value if type(value) is Markup else escape(self.show(value))

    def fill(self, message: str, /, **values: Any) -> str:
        """What the catalogue, which is ours, says with values. It may hold tags, as its message does; what is filled in
        is escaped where everything is."""
        return self.fill_in(self.language.catalogue.gettext(message), values)

    def fill_escaped(self, message: str, /, **values: Any) -> Markup:
        """As `fill`, for a place that was compiled as one where everything is escaped."""
        return self._escape_in(self.language.catalogue.gettext(message), values)

    def fill_in(self, said: str, values: Mapping[str, Any]) -> str:
        if self.eval_ctx.autoescape:
            return self._escape_in(said, values)
        return said % {name: self.show(value) for name, value in values.items()}

    def _escape_in(self, said: str, values: Mapping[str, Any]) -> Markup:
        return Markup(said % {name: self.write(value) for name, value in values.items()})  # noqa: S704


class ReaderGenerator(CodeGenerator):
    """Where everything is escaped, an expression reaches the page by `ReaderContext.write` instead of two functions, a
    text that nothing is filled into by one look into its `phrases`, and any other by its `fill_escaped`."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        message = _find_message(node) if _escapes(frame) else None
        if message is None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
        elif node.kwargs:
            self.write(f"context.fill_escaped({message!r}")
            self.signature(nodes.Call(node.node, [], node.kwargs, None, None), frame)
            self.write(")")
        else:
            self.write(f"context.phrases[{message!r}]")

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if not _escapes(frame):
            super()._output_child_pre(node, frame, finalize)
        elif _find_message(node) is None:
            self.write("context.write(")

    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if not _escapes(frame):
            super()._output_child_post(node, frame, finalize)
        elif _find_message(node) is None:
            self.write(")")


class ReaderEnvironment(Environment):
    """For templates that are rendered with a `Language` as `language`."""

    context_class = ReaderContext
    code_generator_class = ReaderGenerator

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Those of all templates as they are: a chain of two mappings would be gone through for each part of a page."""
        return self.globals if d is None else super().make_globals(d)


def _escapes(frame: Frame) -> bool:
    return frame.eval_ctx.autoescape and not frame.eval_ctx.volatile


def _find_message(node: nodes.Node) -> str | None:
    """What `{{ _("...") }}` says, or `{% trans %}` without plurals: markup, whatever is filled into it."""
    match node:
        case nodes.Call(
            node=nodes.Name(name=name), args=[nodes.Const(value=str(message))], dyn_args=None, dyn_kwargs=None
        ) if name in _GETTEXT:
            return message
        case _:
            return None
