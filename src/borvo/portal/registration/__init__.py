"""Clients that programs register (RFC 7591, OpenID Connect Registration 1.0) and manage (RFC 7592)."""
