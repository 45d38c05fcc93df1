"""Texts of templates that nothing is filled into."""

from functools import cache
from gettext import NullTranslations

from markupsafe import Markup


class Phrases(dict[str, Markup]):
    """By their messages, as a catalogue says them: each is looked up once. They may hold tags, as messages do, so only
    what stands in a template may be asked for."""

    def __init__(self, catalogue: NullTranslations) -> None:
        super().__init__()
        self._catalogue = catalogue

    def __missing__(self, message: str) -> Markup:
        # A percent sign is written twice, here as in texts that something is filled into.
        said = Markup(self._catalogue.gettext(message) % {})  # noqa: S704  (our own catalogue)
        self[message] = said
        return said


@cache
def list_phrases(catalogue: NullTranslations) -> Phrases:
    """Shared by all languages of the catalogue, which differ in their dates and numbers."""
    return Phrases(catalogue)
