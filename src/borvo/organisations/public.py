"""What other features may use of organisations."""

from borvo.organisations.endpoints import build_router
from borvo.organisations.farewell import forget_member, list_hindrances
from borvo.organisations.invitations import clean_up
from borvo.organisations.model import (
    Organisation,
    OrganisationCount,
    OrganisationMember,
    OrganisationRole,
    SharingCounts,
)
from borvo.organisations.pages import build_page_router
from borvo.organisations.service import (
    Organisations,
    add_member,
    allow_client,
    create_organisation,
    disallow_client,
    list_organisations,
    load_members,
    remove_member,
)
from borvo.organisations.store import (
    list_members,
    list_organisations_for,
    list_organisations_of,
    load_organisation,
)

__all__ = [
    "Organisation",
    "OrganisationCount",
    "OrganisationMember",
    "OrganisationRole",
    "Organisations",
    "SharingCounts",
    "add_member",
    "allow_client",
    "build_page_router",
    "build_router",
    "clean_up",
    "create_organisation",
    "disallow_client",
    "forget_member",
    "list_hindrances",
    "list_members",
    "list_organisations",
    "list_organisations_for",
    "list_organisations_of",
    "load_members",
    "load_organisation",
    "remove_member",
]
