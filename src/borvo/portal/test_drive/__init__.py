"""A client's real flow, run against a sandbox person, with each step as it was on the wire."""
