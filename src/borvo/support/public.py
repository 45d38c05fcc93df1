"""What the command line and the assembly may use of support."""

from borvo.support.audit import (
    AuditedLog,
    TamperedLogError,
    export_events,
    find_person_id,
    open_log,
    parse_kind,
    read_head,
    seal_due,
    verify,
)
from borvo.support.commands import act_on_person, show_person
from borvo.support.initial_tokens import (
    create_initial_token,
    list_initial_tokens,
    revoke_initial_token,
)
from borvo.support.pages import build_router
from borvo.support.people import Wish
from borvo.support.service import (
    BY_COMMAND,
    add_role,
    list_events_of_client,
    list_events_of_person,
    list_outbox,
    remove_role,
    retry_message,
)
from borvo.support.sinks import build_sink
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
    "BY_COMMAND",
    "AuditedLog",
    "TamperedLogError",
    "Wish",
    "act_on_person",
    "add_member",
    "add_role",
    "build_router",
    "build_sink",
    "create_initial_token",
    "create_tenancy",
    "export_events",
    "find_person_id",
    "list_events_of_client",
    "list_events_of_person",
    "list_initial_tokens",
    "list_outbox",
    "list_tenancies",
    "open_log",
    "parse_kind",
    "read_head",
    "remove_member",
    "remove_role",
    "resume_tenancy",
    "retry_message",
    "revoke_initial_token",
    "seal_due",
    "set_prefix",
    "show_person",
    "suspend_tenancy",
    "verify",
]
