"""Hosts that need no encryption."""

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""This machine itself, as a host is written in an address: what is sent there never leaves it."""
