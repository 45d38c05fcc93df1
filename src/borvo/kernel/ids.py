"""Identifiers, each a type of its own so that one cannot be passed where another is meant."""

from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
TenancyId = NewType("TenancyId", UUID)
LoginSessionId = NewType("LoginSessionId", UUID)
OrganisationId = NewType("OrganisationId", UUID)

ClientId = NewType("ClientId", str)
"""What travels as `client_id`: `<tenancy prefix>.<suffix>`."""

ClientKey = NewType("ClientKey", UUID)
"""The client's key inside the database: short, and never reused."""


def parse_uuid(text: str) -> UUID | None:
    """Only the one spelling that Borvo writes: 36 characters, lower case, hyphens."""
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text else None
