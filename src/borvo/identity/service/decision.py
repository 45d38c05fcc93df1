"""What a person answers who was asked."""

from dataclasses import dataclass

from borvo.accounts.public import Login
from borvo.catalogue.scopes import REQUIRED_SCOPES
from borvo.kernel.scopes import Scopes, find_missing, keep_allowed


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person answered. Of what she was asked she allows the `ticked` scopes. `asked` is who saw the
    question, as her page says."""

    is_allowed: bool
    ticked: frozenset[str]
    asked: str

    def is_of(self, login: Login) -> bool:
        """Whether she who answers is she who was asked: somebody else may have signed in while the page was open."""
        return self.asked == str(login.person.id)

    def split(self, asked: Scopes) -> tuple[Scopes, Scopes]:
        """What is granted, and what is declined. That it is she who signs in is no option."""
        kept = self.ticked | REQUIRED_SCOPES if self.is_allowed else frozenset()
        return keep_allowed(asked, kept), find_missing(asked, kept)
