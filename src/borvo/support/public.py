"""What the command line may use of support."""

from borvo.support.service import (
    add_role,
    create_tenancy,
    list_events_of_client,
    list_events_of_person,
    list_outbox,
    remove_role,
    retry_message,
)

__all__ = [
    "add_role",
    "create_tenancy",
    "list_events_of_client",
    "list_events_of_person",
    "list_outbox",
    "remove_role",
    "retry_message",
]
