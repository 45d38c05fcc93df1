"""The base URL of the instance, which is its identifier for every client."""

from urllib.parse import urlsplit

from borvo.kernel.hosts import LOOPBACK_HOSTS


def check_issuer(issuer: str) -> None:
    """Raises ValueError, whose text goes on after the name of the setting, for what is unsafe or no plain URL."""
    try:
        parts = urlsplit(issuer)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    # Compared as text by every client, and by us to decide what is secure: one spelling only.
    if issuer != issuer.lower() or not issuer.isascii() or not issuer.isprintable() or " " in issuer:
        raise ValueError("must be in lower case, without spaces")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or password")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a plain URL such as https://health.example.org")
    if issuer.endswith("/"):
        raise ValueError("must not end in a slash")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError("is plain http on a host other than this machine; use https, or a loopback host")
