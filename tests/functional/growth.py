"""What becomes of the rows of each table: `test_growth.py` fills those that grow with traffic, moves the clock and
finds them empty; what stays says why. A table that is in neither fails `storage/test_schema.py`."""

from itertools import chain

ENDING = {
    # Signing up and in, and what follows from it.
    "account_link",
    "login_session",
    "half_login",
    "mailbox_proof",
    "factor_removal",
    "spent_challenge",
    "session_client",
    "authorization_request",
    "authorization_code",
    "device_authorization",
    "token_family",
    "access_token",
    "revoked_token",
    "used_proof",
    "used_assertion",
    "attempt_counter",
    "security_event",
    "security_event_link",
    "outbox_message",
    # Developers.
    "tenancy_invitation",
    "personal_token",
    "initial_token",
    "client_activity",
    "client_limit_peak",
    "client_refusal",
    "portal_audit",
    # Agencies.
    "agency_invite",
    "agency_kept_invite",
    "agency_query_token",
    "agency_access",
    "organisation_invitation",
    # Samples.
    "sample_past",
    "sample_snapshot",
    "shared_snapshot",
    "shared_snapshot_part",
    "sample_export",
    "sample_export_part",
}
"""Their rows end by the clock alone."""

_KEPT_BECAUSE = {
    "a person keeps them until she takes them back or leaves": {
        "person",
        "person_email",
        "person_password",
        "person_totp",
        "person_passkey",
        "person_recovery_code",
        "person_profile",
        "person_role",
        "consent",
        "agency_relationship",
        "agency_consent",
        "agency_reminder_refusal",
    },
    "they are the person's health data, or as many rows as a person has types and days of it": {
        "sample",
        "sample_position",
        "sample_count",
    },
    "a developer or the operator keeps them, few for each client or organisation, until they are deleted": {
        "tenancy",
        "tenancy_member",
        "client",
        "client_logo",
        "client_usage",
        "client_secret",
        "client_registration",
        "organisation",
        "organisation_member",
        "organisation_client",
    },
    "a few are made in a quarter of a year, and old hints are verified by their public parts": {
        "signing_key"
    },
    "there is a handful in all": {
        "kept_key",
        "database_mark",
        "security_event_anchor",
        "security_event_head",
        "security_event_stream",
    },
}

KEPT = {table: reason for reason, tables in _KEPT_BECAUSE.items() for table in tables}
"""Why a table's rows stay, by its name."""

assert len(KEPT) == len(list(chain(*_KEPT_BECAUSE.values()))), "a table is kept for two reasons"
