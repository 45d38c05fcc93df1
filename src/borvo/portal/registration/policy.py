"""What may be asked of an initial access token. Pure rules."""

from borvo.kernel.text import Number, say
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
        faults["label"] = [say("Say what registers clients with it, such as the name of the program.")]
    elif len(terms.label) > LABEL_MAXIMUM or not terms.label.isprintable():
        faults["label"] = [say("Use at most %(most)s ordinary characters.", most=LABEL_MAXIMUM)]
    if terms.days not in LIFETIMES:
        faults["days"] = [say("Choose one of %(days)s days.", days=", ".join(map(str, LIFETIMES)))]
    if terms.most is None or not 1 <= terms.most <= CLIENTS_MAXIMUM:
        faults["most"] = [say("Enter a whole number from 1 to %(most)s.", most=Number(CLIENTS_MAXIMUM))]
    return faults


def check_token_room(live: int) -> str | None:
    if live < TOKENS_MAXIMUM:
        return None
    return say(
        "The tenancy has %(most)s initial access tokens that work. Revoke one first.", most=TOKENS_MAXIMUM
    )
