"""Borvo: identity, consent and the exchange of personal health data."""

__version__ = "0.1.0"
