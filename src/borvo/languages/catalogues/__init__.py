"""What is said in which language: `en` stands in the source, every other one in a file beside this."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
SOURCE = "en"
TAGS = (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))
"""The languages there are, as tags of RFC 5646."""


@cache
def load_catalogue(tag: str) -> NullTranslations:
    """One of `TAGS`. Read from the text itself, so that no compiled file can lag behind it; what it lacks stays
    English."""
    if tag == SOURCE:
        return NullTranslations()
    with (FOLDER / f"{tag}.po").open("rb") as file:
        catalogue = read_po(file, locale=tag, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
