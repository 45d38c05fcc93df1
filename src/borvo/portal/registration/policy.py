"""What may be asked of an initial access token. Pure rules."""

from borvo.portal.policy import LABEL_MAXIMUM
from borvo.portal.registration.model import InitialTerms
from borvo.portal.tokens.model import LIFETIMES

CLIENTS_MAXIMUM = 1000
"""That one token registers."""

TOKENS_MAXIMUM = 50
"""Of one tenancy; those that open nothing any more do not count."""


def find_faults(terms: InitialTerms) -> dict[str, list[str]]:
    """By field; empty when there are none."""
    faults: dict[str, list[str]] = {}
    if not terms.label:
        faults["label"] = ["Say what registers clients with it, such as the name of the program."]
    elif len(terms.label) > LABEL_MAXIMUM or not terms.label.isprintable():
        faults["label"] = [f"Use at most {LABEL_MAXIMUM} ordinary characters."]
    if terms.days not in LIFETIMES:
        faults["days"] = [f"Choose one of {', '.join(map(str, LIFETIMES))} days."]
    if terms.most is None or not 1 <= terms.most <= CLIENTS_MAXIMUM:
        faults["most"] = [f"Enter a whole number from 1 to {CLIENTS_MAXIMUM}."]
    return faults


def check_token_room(live: int) -> str | None:
    if live < TOKENS_MAXIMUM:
        return None
    return f"The tenancy has {TOKENS_MAXIMUM} initial access tokens that work. Revoke one first."
