"""Brings the catalogues of translations up to date with the texts in the source, and says what each still lacks."""

import sys
from collections.abc import Iterator
from io import SEEK_END, BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from borvo.catalogue.scopes import list_told

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "borvo"
CATALOGUES = SOURCE / "languages" / "catalogues"
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_JINJA = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_OPTIONS = {"**/templates/**.html": {**_JINJA, "newstyle_gettext": "true"}}
_KEYWORDS = {"say": None, "mark": None, "say_count": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
_WIDTH = 110


def extract_messages() -> Catalog:
    """All that is said anywhere, with the files where it is; lines would change with every edit."""
    catalogue = Catalog(project="Borvo", charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(SOURCE), _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("i18n:",))
    # A duty of `extract_from_dir` is the order of the file system: ours is that of names.
    for name, _, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalogue.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    for message in list_told():
        catalogue.add(message, None, [("catalogue/sample_types.json", 0)])
    return catalogue


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def list_lacking(catalogue: Catalog) -> Iterator[Message]:
    """What is not translated, or only guessed."""
    for message in catalogue:
        texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        if message.id and (message.fuzzy or not all(texts)):
            yield message


def _render_header(catalogue: Catalog) -> bytes:
    """No dates and no names: what changes with the day or the tool would make every run differ from the last."""
    fields = {
        "Language": str(catalogue.locale),
        "Plural-Forms": catalogue.plural_forms,
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    lines = [f'"{name}: {value}\\n"' for name, value in fields.items()]
    return "\n".join(['msgid ""', 'msgstr ""', *lines, "", ""]).encode()


def render_catalogue(catalogue: Catalog, template: Catalog) -> bytes:
    """The catalogue with the messages of the template, and none of those that are said no longer."""
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    file = BytesIO(_render_header(catalogue))
    file.seek(0, SEEK_END)
    write_po(file, catalogue, width=_WIDTH, omit_header=True, ignore_obsolete=True, include_lineno=False)
    return file.getvalue()


def begin_catalogue(tag: str) -> None:
    try:
        Locale.parse(tag)
    except (ValueError, UnknownLocaleError):
        sys.exit(f"{tag} is no language that Babel knows, such as cy")
    with (CATALOGUES / f"{tag}.po").open("xb") as file:
        file.write(_render_header(Catalog(locale=tag)))


def main() -> None:
    match sys.argv[1:]:
        case []:
            pass
        case ["--add", tag]:
            begin_catalogue(tag)
        case _:
            sys.exit("usage: scripts/messages.py [--add TAG]")
    template = extract_messages()
    for path in sorted(CATALOGUES.glob("*.po")):
        path.write_bytes(render_catalogue(read_catalogue(path), template))
        lacking = list(list_lacking(read_catalogue(path)))
        print(f"{path.relative_to(ROOT)}: {len(template)} texts, {len(lacking)} not translated")
        for message in lacking:
            print(f"  {message.id!r}")


if __name__ == "__main__":
    main()
