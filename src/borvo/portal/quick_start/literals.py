"""Values as literals of programming languages: pure rules.

What a developer typed becomes part of a program that others run, so nothing of it may end the literal that it stands
in. A template names values only; each becomes a whole literal, quotes included, whoever writes the template.
"""

import shlex
from collections.abc import Callable
from enum import StrEnum


class Language(StrEnum):
    """How a program writes a text down."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    CSHARP = "csharp"
    JAVA = "java"
    GO = "go"
    PHP = "php"
    SHELL = "shell"
    SWIFT = "swift"
    KOTLIN = "kotlin"


class Remark(str):
    """A text that stands in a comment of one line, where nothing can be escaped: letters, digits and a few signs."""

    __slots__ = ()


_FIRST_VISIBLE, _LAST_ASCII, _LAST_SHORT = 0x20, 0x7E, 0xFFFF
# Java reads \uXXXX before it looks for quotes, PHP leaves its mode at ?> in a comment too.
_REMARKABLE = frozenset(" .,:-_'()")
_REMARK_MAXIMUM = 80


def spell(language: Language, value: object) -> str:
    """The value as the language writes it; raises `TypeError` for what is neither a text nor a whole number."""
    if isinstance(value, Remark):
        return _spell_remark(value)
    if isinstance(value, str):
        return _SPELLINGS[language](value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"no literal for {type(value).__name__}")


def _spell_remark(text: str) -> str:
    plain = "".join(c if c.isalnum() or c in _REMARKABLE else " " for c in text)
    return " ".join(plain.split())[:_REMARK_MAXIMUM]


def _quote(text: str, special: str, spell_code: Callable[[int], str]) -> str:
    """In double quotes, ASCII only. `special` are the characters that mean something there although they look plain."""

    def escape(character: str) -> str:
        code = ord(character)
        if character in special:
            return f"\\{character}"
        return character if _FIRST_VISIBLE <= code <= _LAST_ASCII else spell_code(code)

    return f'"{"".join(map(escape, text))}"'


def _spell_utf16(code: int) -> str:
    if code <= _LAST_SHORT:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _spell_utf32(code: int) -> str:
    return f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"


def _spell_octal(code: int) -> str:
    # Java would read \u000a before it looks for the end of the literal.
    return f"\\{code:03o}" if code < _FIRST_VISIBLE else _spell_utf16(code)


def _quote_php(text: str) -> str:
    # In single quotes only these two mean anything.
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_shell(text: str) -> str:
    # Empty and plain texts too, so that a page always looks the same.
    quoted = shlex.quote(text)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


_SPELLINGS: dict[Language, Callable[[str], str]] = {
    Language.PYTHON: lambda text: _quote(text, '\\"', _spell_utf32),
    Language.JAVASCRIPT: lambda text: _quote(text, '\\"', _spell_utf16).replace("<", "\\u003c"),
    Language.CSHARP: lambda text: _quote(text, '\\"', _spell_utf16),
    Language.JAVA: lambda text: _quote(text, '\\"', _spell_octal),
    Language.GO: lambda text: _quote(text, '\\"', _spell_utf32),
    Language.PHP: _quote_php,
    Language.SHELL: _quote_shell,
    Language.SWIFT: lambda text: _quote(text, '\\"', "\\u{{{:x}}}".format),
    Language.KOTLIN: lambda text: _quote(text, '\\"$', _spell_utf16),
}
