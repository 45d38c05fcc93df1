"""By which sector a client knows people (OpenID Connect Core 8.1). Pure rules."""

from collections.abc import Sequence

from borvo.kernel.text import say
from borvo.portal.addresses import list_hosts
from borvo.portal.model import RegisteredClient, SubjectType


def check_sector(subject_type: SubjectType, redirect_uris: Sequence[str], sector_uri: str) -> str | None:
    """OpenID Connect Core 8.1: with callbacks on several hosts nothing else says which one counts. A list that need
    not name anything of the client's proves nothing, so a stranger could join any sector by it."""
    if sector_uri and not redirect_uris:
        return say("An app without callback URLs is in nobody's list: leave this empty.")
    if subject_type is not SubjectType.PAIRWISE or sector_uri or len(list_hosts(redirect_uris)) <= 1:
        return None
    return say(
        "The callback URLs are on several hosts, so enter an address that lists them all, or let the app know people "
        "by the identifiers that all apps share."
    )


def find_sector(client: RegisteredClient) -> str:
    """What people are named by at a pairwise client: the host of its list, which was fetched and checked; else its
    tenancy and the one host of its callbacks, which nobody has checked, so that no stranger who enters the same host is
    told the same names; else the client itself."""
    if client.sector_identifier_uri and client.redirect_uris:
        return list_hosts([client.sector_identifier_uri])[0]
    hosts = list_hosts(client.redirect_uris)
    return f"{client.tenancy_id} {hosts[0]}" if len(hosts) == 1 else str(client.client_key)
