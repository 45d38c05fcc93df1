"""Which programs suit a client, and why the others do not: pure rules."""

from collections.abc import Iterable

from borvo.kernel.text import Text, say
from borvo.portal.addresses import list_hosts
from borvo.portal.model import AuthMethod, GrantType, RegisteredClient
from borvo.portal.quick_start.model import Flow, Ground, Recipe
from borvo.portal.quick_start.recipes import RECIPES
from borvo.portal.strictness import is_fit_callback

_CODE = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.HYBRID})
_NEEDED = {
    Flow.SERVICE: (
        GrantType.CLIENT_CREDENTIALS,
        say("For services, where nobody signs in: this client lacks the grant type client credentials."),
    ),
    Flow.DEVICE: (
        GrantType.DEVICE_CODE,
        say("For things without a browser: this client lacks the grant type device code."),
    ),
}
_NO_IMPLICIT = say(
    "For old apps that cannot be changed: this client lacks the grant type implicit, and needs none."
)
_HAS_CODE = say("For old apps that cannot be changed: this client may use a code, which no address shows.")
_NO_CODE = say("Signs people in: this client lacks the grant type authorization code.")
_IMPLICIT = say(
    "Signs people in by a code, which no address shows. Move the client from implicit to code first."
)
_NO_OPENID = say("Signs people in: this client lacks the scope openid.")
_PUBLIC = say("Runs on a server, which keeps a secret: this client has none.")
_CONFIDENTIAL = say(
    "Runs on people's devices, where a secret is none. Register a client that cannot keep a secret."
)
_SIGNS = say(
    "Sends a secret: this client signs instead. Its library may sign, too: look for private_key_jwt or "
    "client_secret_jwt in its documentation."
)
_NO_KEY = say(
    "Signs with a key: this client does not. Choose under Advanced that it signs with a key, and enter it."
)
_STRICT = say(
    "Proves nothing by a key, and its tokens are bound to none: this instance is strict and refuses both."
)
_STRICT_CALLBACK = say(
    "This instance is strict: callback URLs are https, or http://127.0.0.1 while you develop."
)
_NO_WEB_PAGE = say("A page comes back to a web address: this client has no such callback URL.")
_NO_PHONE = say("A phone needs a callback URL with https or a scheme of the app's own: this client has none.")


def find_callback(client: RegisteredClient, ground: Ground) -> str:
    """The callback URL for a program that runs there; empty when none fits."""
    return next((uri for uri in client.redirect_uris if _suits(uri, ground)), "")


def _suits(uri: str, ground: Ground) -> bool:
    is_web = bool(list_hosts([uri]))
    if ground is Ground.PHONE:
        return not uri.lower().startswith("http:")
    return is_web or ground is Ground.TERMINAL


def check_recipe(client: RegisteredClient, recipe: Recipe, *, is_strict: bool) -> Text | None:
    """Why the program is not for this client on this instance; None when it is."""
    if is_strict and not recipe.signs:
        return _STRICT
    return _check_flow(client, recipe) or _check_proof(client, recipe, is_strict=is_strict)


def _check_proof(client: RegisteredClient, recipe: Recipe, *, is_strict: bool) -> Text | None:
    method = client.token_endpoint_auth_method
    if recipe.signs and method is not AuthMethod.PRIVATE_KEY_JWT:
        return _NO_KEY
    if recipe.takes_secret and method is not AuthMethod.SECRET:
        return _SIGNS
    callback = find_callback(client, recipe.ground) if recipe.flow is Flow.SIGN_IN else ""
    return _STRICT_CALLBACK if is_strict and not is_fit_callback(callback) else None


def _check_flow(client: RegisteredClient, recipe: Recipe) -> Text | None:
    if recipe.flow in _NEEDED:
        grant_type, fault = _NEEDED[recipe.flow]
        return None if grant_type in client.grant_types else fault
    if recipe.flow is Flow.IMPLICIT:
        return _check_implicit(client, recipe.ground)
    if not client.grant_types & _CODE:
        return _IMPLICIT if GrantType.IMPLICIT in client.grant_types else _NO_CODE
    if "openid" not in client.scopes:
        return _NO_OPENID
    return _check_ground(client, recipe.ground)


def _check_implicit(client: RegisteredClient, ground: Ground) -> Text | None:
    """Neither secret nor proof: what binds the answer to the client is its callback URL."""
    if GrantType.IMPLICIT not in client.grant_types:
        return _NO_IMPLICIT
    if client.grant_types & _CODE:
        return _HAS_CODE
    return None if find_callback(client, ground) else _NO_WEB_PAGE


def _check_ground(client: RegisteredClient, ground: Ground) -> Text | None:
    is_for_devices = ground in {Ground.BROWSER, Ground.PHONE}
    if ground is Ground.SERVER and client.is_public:
        return _PUBLIC
    if is_for_devices and not client.is_public:
        return _CONFIDENTIAL
    if not find_callback(client, ground):
        return _NO_PHONE if ground is Ground.PHONE else _NO_WEB_PAGE
    return None


def list_fitting(
    client: RegisteredClient, recipes: Iterable[Recipe] = RECIPES, *, is_strict: bool = False
) -> list[Recipe]:
    return [recipe for recipe in recipes if check_recipe(client, recipe, is_strict=is_strict) is None]
