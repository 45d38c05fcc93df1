"""Where the pages of the portal are."""

from litestar import Router

from borvo.kernel.text import say
from borvo.portal import (
    audit_pages,
    guidance_pages,
    lifecycle_pages,
    logo_pages,
    pages,
    preview_pages,
    report_pages,
    request_pages,
    secret_pages,
    suffix_pages,
    transfer_pages,
    usage_pages,
)
from borvo.portal.quick_start import pages as start_pages
from borvo.portal.registration import pages as registration_pages
from borvo.portal.team import invitation_pages
from borvo.portal.team import pages as team_pages
from borvo.portal.test_drive import pages as drive_pages
from borvo.portal.tokens import pages as token_pages
from borvo.web.pages import HOME_OPT, PAGE_OPT


def build_router() -> Router:
    """All pages of this feature; `assembly` provides `portal`, `viewer` and `login`."""
    return Router(
        path="/portal",
        route_handlers=[
            pages.show_client,
            pages.show_new_client,
            pages.show_portal,
            pages.submit_client,
            pages.submit_new_client,
            report_pages.receive_report,
            report_pages.show_report_form,
            report_pages.submit_report_form,
            request_pages.show_requests,
            secret_pages.download_env_file,
            secret_pages.show_removal,
            secret_pages.show_secrets,
            secret_pages.submit_chosen_secret,
            secret_pages.submit_generation,
            secret_pages.submit_removal,
            audit_pages.export_csv,
            audit_pages.export_json_lines,
            audit_pages.show_audit,
            invitation_pages.show_invitation,
            invitation_pages.submit_acceptance,
            team_pages.show_leaving,
            team_pages.show_member_removal,
            team_pages.show_team,
            team_pages.submit_invitation,
            team_pages.submit_leaving,
            team_pages.submit_member_removal,
            team_pages.submit_revocation,
            team_pages.submit_role,
            team_pages.submit_sending,
            suffix_pages.tell_suffix,
            usage_pages.show_usage,
            *guidance_pages.HANDLERS,
            *lifecycle_pages.HANDLERS,
            *logo_pages.HANDLERS,
            *start_pages.HANDLERS,
            *drive_pages.HANDLERS,
            *preview_pages.HANDLERS,
            *token_pages.HANDLERS,
            *registration_pages.HANDLERS,
            *transfer_pages.HANDLERS,
        ],
        opt={PAGE_OPT: True, HOME_OPT: ("/portal", say("Go to the developer portal"))},
        include_in_schema=False,
    )
