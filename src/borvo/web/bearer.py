"""The token that a program sends with a request."""


def read_bearer(authorization: str | None) -> str | None:
    """The token of the Authorization header (RFC 6750 2.1)."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
