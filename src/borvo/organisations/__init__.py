"""Organisations, who belongs to them, and which clients act for them. Support makes them; nobody else can."""
