"""What support may do with an account as it stands. Who asks, and whether it is her own, is looked at with the deed."""

from borvo.kernel.text import say

REASON_MAXIMUM = 300
REASON_MINIMUM = 5


def check_reason(text: str) -> str | None:
    """What is wrong with it, or None."""
    if len(text) < REASON_MINIMUM:
        return say("Say why, in a few words.")
    if len(text) > REASON_MAXIMUM or not text.isprintable():
        return say("Use at most %(most)s ordinary characters, in one line.", most=REASON_MAXIMUM)
    return None


def check_evidence(text: str) -> str | None:
    """What is wrong with what was looked at to know a person, or None."""
    if len(text) < REASON_MINIMUM:
        return say("Say by what you know that it is her, in a few words.")
    return check_reason(text)


def list_offers(
    *,
    is_suspended: bool,
    is_closing: bool,
    is_verified: bool,
    has_role: bool,
    has_factor: bool,
    is_removal_asked: bool,
) -> tuple[str, ...]:
    """The names of the deeds that can succeed."""
    is_open = not is_suspended and not is_closing
    offers = {
        "verification": is_open and not is_verified,
        "role-giving": True,
        "role-taking": has_role,
        "factor-removal": has_factor and not is_removal_asked,
        "factor-keeping": is_removal_asked,
        "suspension": not is_suspended,
        "lifting": is_suspended,
        "closing": not is_closing,
    }
    return tuple(name for name, is_offered in offers.items() if is_offered)
