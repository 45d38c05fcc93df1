"""Borvo: identity, consent and the exchange of personal health data."""
