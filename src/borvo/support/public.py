"""What the command line may use of support."""

from borvo.support.initial_tokens import (
    create_initial_token,
    list_initial_tokens,
    revoke_initial_token,
)
from borvo.support.service import (
    add_role,
    list_events_of_client,
    list_events_of_person,
    list_outbox,
    remove_role,
    retry_message,
)
from borvo.support.tenancies import (
    add_member,
    create_tenancy,
    list_tenancies,
    remove_member,
    resume_tenancy,
    set_prefix,
    suspend_tenancy,
)

__all__ = [
    "add_member",
    "add_role",
    "create_initial_token",
    "create_tenancy",
    "list_events_of_client",
    "list_events_of_person",
    "list_initial_tokens",
    "list_outbox",
    "list_tenancies",
    "remove_member",
    "remove_role",
    "resume_tenancy",
    "retry_message",
    "revoke_initial_token",
    "set_prefix",
    "suspend_tenancy",
]
