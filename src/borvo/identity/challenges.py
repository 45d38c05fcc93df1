"""What WWW-Authenticate says to who sends an access token: RFC 6750 3 and RFC 9449 7.1."""

from borvo.identity.possession import PROOF_ALGORITHMS
from borvo.web.bearer import BEARER, DPOP

_ALGORITHMS = f'algs="{" ".join(PROOF_ALGORITHMS)}"'

# RFC 9449 7.2: both schemes are named where a token of either kind would do.
BOTH_SCHEMES = f"{BEARER}, {DPOP} {_ALGORITHMS}"


def write_challenge(scheme: str, error: str, *, description: str = "", scope: str = "") -> str:
    """The value of the header. The description is plain ASCII text without quotes."""
    parts = [f'error="{error}"']
    if description:
        parts.append(f'error_description="{description}"')
    if scope:
        parts.append(f'scope="{scope}"')
    if scheme == DPOP:
        parts.append(_ALGORITHMS)
    return f"{scheme} {', '.join(parts)}"
