"""The last part of the id of a client that a program registers."""

from borvo.kernel.entropy import Entropy

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 20
# The greatest multiple of 36 that a byte can hold: what lies above would favour some letters.
_BOUND = 252


def create_suffix(entropy: Entropy) -> str:
    """Some hundred random bits, so that nobody finds a client by guessing."""
    letters: list[str] = []
    while len(letters) < _LENGTH:
        letters += [_LETTERS[byte % len(_LETTERS)] for byte in entropy(_LENGTH) if byte < _BOUND]
    return "".join(letters[:_LENGTH])
