"""Why a password is easy to guess, in words for whoever chose it."""

from borvo.kernel.text import Text, say

_REASONS = {
    "Straight rows of keys are easy to guess.": say("straight rows of keys are easy to guess"),
    "Short keyboard patterns are easy to guess.": say("short keyboard patterns are easy to guess"),
    'Repeats like "aaa" are easy to guess.': say('repeats like "aaa" are easy to guess'),
    'Repeats like "abcabcabc" are only slightly harder to guess than "abc".': say(
        'repeats like "abcabcabc" are only slightly harder to guess than "abc"'
    ),
    'Sequences like "abc" or "6543" are easy to guess.': say(
        'sequences like "abc" or "6543" are easy to guess'
    ),
    "Recent years are easy to guess.": say("recent years are easy to guess"),
    "Dates are often easy to guess.": say("dates are often easy to guess"),
    "This is a top-10 common password.": say("this is a top-10 common password"),
    "This is a top-100 common password.": say("this is a top-100 common password"),
    "This is a very common password.": say("this is a very common password"),
    "This is similar to a commonly used password.": say("this is similar to a commonly used password"),
    "A word by itself is easy to guess.": say("a word by itself is easy to guess"),
    "Names and surnames by themselves are easy to guess.": say(
        "names and surnames by themselves are easy to guess"
    ),
    "Common names and surnames are easy to guess.": say("common names and surnames are easy to guess"),
}
"""By the warnings of zxcvbn."""


def explain_guess(warning: str) -> Text:
    """By a warning of zxcvbn; without a reason where it gives none, or one that is not known here."""
    reason = _REASONS.get(warning)
    if reason is None:
        return say(
            "This is too easy to guess. "
            "Use a few words that do not belong together, and nothing that others know about you."
        )
    return say(
        "This is too easy to guess: %(reason)s. "
        "Use a few words that do not belong together, and nothing that others know about you.",
        reason=reason,
    )
