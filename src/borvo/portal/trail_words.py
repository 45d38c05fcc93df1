"""The audit trail in words. What is stored says the same by names that never change, for exports and programs."""

import re

from borvo.kernel.text import say
from borvo.portal.audit import BY_ITSELF, Action, Value
from borvo.portal.team.model import TeamRole
from borvo.portal.trail import Entry

ACTION_WORDS = {
    Action.CLIENT_REGISTERED: say("Client registered"),
    Action.CLIENT_CHANGED: say("Client changed"),
    Action.CLIENT_LIVE: say("Client live"),
    Action.CLIENT_DRAFT: say("Client draft"),
    Action.CLIENT_DISABLED: say("Client disabled"),
    Action.CLIENT_ENABLED: say("Client enabled"),
    Action.CLIENT_DELETED: say("Client deleted"),
    Action.CLIENT_RESTORED: say("Client restored"),
    Action.CLIENT_DRIVEN: say("Client driven"),
    Action.LOGO_CHANGED: say("Logo changed"),
    Action.LOGO_REMOVED: say("Logo removed"),
    Action.SECRET_ADDED: say("Secret added"),
    Action.SECRET_REMOVED: say("Secret removed"),
    Action.SECRET_REPORTED: say("Secret reported"),
    Action.TOKEN_CREATED: say("Token created"),
    Action.TOKEN_REVOKED: say("Token revoked"),
    Action.TOKEN_REPORTED: say("Token reported"),
    Action.REGISTRATION_ENDED: say("Registration ended"),
    Action.MEMBER_INVITED: say("Member invited"),
    Action.INVITATION_SENT_AGAIN: say("Invitation sent again"),
    Action.INVITATION_REVOKED: say("Invitation revoked"),
    Action.MEMBER_JOINED: say("Member joined"),
    Action.MEMBER_ADDED: say("Member added"),
    Action.MEMBER_ROLE_CHANGED: say("Member role changed"),
    Action.MEMBER_REMOVED: say("Member removed"),
    Action.MEMBER_LEFT: say("Member left"),
    Action.TENANCY_CREATED: say("Tenancy created"),
    Action.TENANCY_SUSPENDED: say("Tenancy suspended"),
    Action.TENANCY_RESUMED: say("Tenancy resumed"),
    Action.PREFIX_CHANGED: say("Prefix changed"),
}

VALUE_WORDS = {
    "access_token_format": say("Access token format"),
    "access_token_minutes": say("Access token minutes"),
    "allows_front_channel_tokens": say("Allows front channel tokens"),
    "backchannel_logout_uri": say("Backchannel logout uri"),
    "client_uri": say("Client uri"),
    "clients": say("Clients"),
    "default_max_age": say("Default max age"),
    "description": say("Description"),
    "display_name": say("Display name"),
    "dpop_bound_access_tokens": say("Dpop bound access tokens"),
    "expires_at": say("Expires at"),
    "flow": say("Flow"),
    "frontchannel_logout_uri": say("Frontchannel logout uri"),
    "grant_types": say("Grant types"),
    "initial_token": say("Initial token"),
    "is_generated": say("Is generated"),
    "is_public": say("Is public"),
    "jwks": say("Jwks"),
    "jwks_uri": say("Jwks uri"),
    "label": say("Label"),
    "logo": say("Logo"),
    "mistake": say("Mistake"),
    "owner": say("Owner"),
    "policy_uri": say("Policy uri"),
    "post_logout_redirect_uris": say("Post logout redirect uris"),
    "prefix": say("Prefix"),
    "redirect_uris": say("Redirect uris"),
    "refresh_token_days": say("Refresh token days"),
    "refresh_token_idle_days": say("Refresh token idle days"),
    "request_uris": say("Request uris"),
    "require_pkce": say("Require pkce"),
    "require_pushed_authorization_requests": say("Require pushed authorization requests"),
    "require_signed_request_object": say("Require signed request object"),
    "role": say("Role"),
    "scopes": say("Scopes"),
    "secret_id": say("Secret id"),
    "sector_identifier_uri": say("Sector identifier uri"),
    "signing_algorithm": say("Signing algorithm"),
    "state": say("State"),
    "subject_type": say("Subject type"),
    "token_endpoint_auth_method": say("Token endpoint auth method"),
    "tos_uri": say("Tos uri"),
    "userinfo_signed_response_alg": say("Userinfo signed response alg"),
}

_STATES = {
    "draft": say("draft"),
    "live": say("live"),
    "disabled": say("disabled"),
    "deleted": say("deleted"),
}
_TOKEN = re.compile(r"(initial )?token ending (\S+)")


def _open(name: str) -> str:
    """For what a later release wrote: `client_changed` is *Client changed*."""
    return name.replace("_", " ").capitalize()


def name_action(action: str) -> str:
    return ACTION_WORDS[Action(action)] if action in set(Action) else _open(action)


def name_value(name: str) -> str:
    return VALUE_WORDS.get(name) or _open(name)


def name_thing(stored: str) -> str:
    """What was changed, or acted through: names of tokens in words, client ids and addresses as they are."""
    if stored == BY_ITSELF:
        return say("its registration token")
    if found := _TOKEN.fullmatch(stored):
        is_initial, ending = found.groups()
        return (
            say("initial token ending %(ending)s", ending=ending)
            if is_initial
            else say("token ending %(ending)s", ending=ending)
        )
    return stored


def name_actor(entry: Entry) -> str:
    actor = entry.actor
    if entry.is_by_anybody:
        return say("somebody who found it in public")
    if entry.is_by_itself:
        return say("the app itself")
    if actor is None:
        return say("the operator")
    return f"{actor.display_name} ({actor.email})" if actor.email else say("a former person")


def list_items(name: str, value: Value) -> list[str]:
    """A value item by item: protocols keep their words."""
    match value:
        case bool():
            return [say("yes") if value else say("no")]
        case None | "":
            return []
        case str() if name == "role" and value in set(TeamRole):
            return [TeamRole(value).label]
        case str() if name == "state":
            return [_STATES.get(value, value)]
        case str() | int():
            return [str(value)]
        case _:
            return [*value]
