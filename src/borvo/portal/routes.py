"""Where the pages of the portal are."""

from litestar import Router

from borvo.portal import pages, report_pages, request_pages, secret_pages
from borvo.web.pages import PAGE_OPT


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
        ],
        opt={PAGE_OPT: True},
        include_in_schema=False,
    )
