"""What WWW-Authenticate says to who sends an access token: RFC 6750 3 and RFC 9449 7.1."""

from collections.abc import Iterable

from borvo.web.bearer import BEARER, DPOP


def name_schemes(algorithms: Iterable[str]) -> str:
    """Where a token of either kind would do; proofs are signed by one of the algorithms."""
    # RFC 9449 7.2
    return f"{BEARER}, {DPOP} {_list_algorithms(algorithms)}"


def write_challenge(
    scheme: str, error: str, *, description: str = "", scope: str = "", algorithms: Iterable[str] = ()
) -> str:
    """The value of the header. The description is plain ASCII text without quotes; the algorithms are told to who may
    have proved by none of them."""
    parts = [f'error="{error}"']
    if description:
        parts.append(f'error_description="{description}"')
    if scope:
        parts.append(f'scope="{scope}"')
    if scheme == DPOP and algorithms:
        parts.append(_list_algorithms(algorithms))
    return f"{scheme} {', '.join(parts)}"


def _list_algorithms(algorithms: Iterable[str]) -> str:
    return f'algs="{" ".join(algorithms)}"'
