"""Changes of a client that would let a refused request pass. They are filled into the form and saved by nobody but the
developer."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from borvo.catalogue.scopes import map_scopes
from borvo.portal.addresses import check_redirect_uris
from borvo.portal.model import ClientDetails, GrantType, RegisteredClient
from borvo.portal.scope_choice import take_parts

Details = ClientDetails | RegisteredClient

ADD_REDIRECT_URI = "add_redirect_uri"
ADD_SCOPE = "add_scope"
ADD_GRANT_TYPE = "add_grant_type"


def _is_new_uri(client: Details, uri: str) -> bool:
    if not uri or uri in client.redirect_uris:
        return False
    return not check_redirect_uris([uri], (), is_public=client.is_public)


def _is_new_scope(client: Details, scope: str) -> bool:
    return scope in map_scopes() and scope not in client.scopes


def _is_new_grant_type(client: Details, value: str) -> bool:
    return value in set(GrantType) and value not in client.grant_types


def suggest_changes(client: ClientDetails, query: Mapping[str, str]) -> ClientDetails:
    """The details as they would be. What the form would refuse, or what is there already, is left out."""
    uri, scope = query.get(ADD_REDIRECT_URI, ""), query.get(ADD_SCOPE, "")
    grant_type = query.get(ADD_GRANT_TYPE, "")
    if _is_new_uri(client, uri):
        client = replace(client, redirect_uris=(*client.redirect_uris, uri))
    if _is_new_scope(client, scope):
        client = replace(client, scopes=take_parts((*client.scopes, scope), client.scopes)[0])
    if _is_new_grant_type(client, grant_type):
        client = replace(client, grant_types=client.grant_types | {GrantType(grant_type)})
    return client


_GRANT_TYPES = {
    "authorization_code": GrantType.AUTHORIZATION_CODE,
    "code": GrantType.AUTHORIZATION_CODE,
    "code id_token": GrantType.HYBRID,
    "client_credentials": GrantType.CLIENT_CREDENTIALS,
    "urn:ietf:params:oauth:grant-type:device_code": GrantType.DEVICE_CODE,
}
"""What a request can ask for, with the grant type that allows it. Implicit is advised to nobody."""


def find_fix(client: RegisteredClient, parameter: str, sent: str) -> dict[str, str]:
    """The query of the details page that fills the mend in; empty when there is none."""
    if parameter == "redirect_uri" and _is_new_uri(client, sent):
        return {ADD_REDIRECT_URI: sent}
    if parameter == "scope" and _is_new_scope(client, sent):
        return {ADD_SCOPE: sent}
    grant_type = _GRANT_TYPES.get(sent, "") if parameter in {"grant_type", "response_type"} else ""
    return {ADD_GRANT_TYPE: grant_type} if grant_type and _is_new_grant_type(client, grant_type) else {}


def build_fix_url(client: RegisteredClient, fix: Mapping[str, str]) -> str:
    return f"/portal/clients/{client.client_id}?{urlencode(fix)}"
