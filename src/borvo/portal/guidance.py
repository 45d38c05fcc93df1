"""Which grant does an app need? Three questions and a choice with its reason: pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from borvo.kernel.text import Text, say
from borvo.portal.model import FRONT_CHANNEL_GRANTS, GrantType
from borvo.portal.strictness import STRICT_START


class Presence(StrEnum):
    """Is a person there who signs in?"""

    PERSON = "person"
    NOBODY = "nobody"


class Place(StrEnum):
    """Where does the part of the app run that asks for tokens?"""

    SERVER = "server"
    BROWSER = "browser"
    NATIVE = "native"
    DEVICE = "device"


class Library(StrEnum):
    """What does it sign people in with?"""

    CODE = "code"
    HYBRID = "hybrid"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to register, and why. `is_legacy`: it works, and there is a better way to go."""

    grant_type: GrantType
    is_public: bool
    reason: Text
    is_legacy: bool = False

    @property
    def query(self) -> str:
        """Opens the form for a new client with this choice."""
        return f"grant={self.grant_type.value}" + ("&public=yes" if self.is_public else "")


_WEB = say(
    "The code goes through the browser, the tokens never do: your server fetches them with its secret."
)
_BROWSER = say(
    "A page in the browser cannot keep a secret, so it proves with PKCE that the code is its own. The tokens come "
    "by a request of its own and stand in no address."
)
_NATIVE = say(
    "What is installed on people's devices cannot keep a secret, so it proves with PKCE that the code is its own. "
    "Open the system's browser, never a window of your own."
)
_DEVICE = say(
    "The thing shows a short code, the person enters it on her phone; it needs no browser and no callback URL."
)
_SERVICE = say(
    "Nobody is there to ask, so the service acts in its own name, with its secret. That shows it nobody's data."
)
_HYBRID = say(
    "The usual ASP.NET Core handler asks for an id token along with the code, and sends no PKCE challenge. If you may "
    "change its settings, authorization code does the same and is simpler."
)
_IMPLICIT = say(
    "Only because the app cannot be changed: whatever reads the browser's address reads the token. Plan to move to "
    "authorization code with PKCE; the client's page leads through it."
)


def advise(presence: Presence | None, place: Place | None, library: Library | None) -> Advice | None:
    """None until enough is answered. Later questions count only where earlier ones leave them open."""
    if presence is Presence.NOBODY:
        return Advice(GrantType.CLIENT_CREDENTIALS, is_public=False, reason=_SERVICE)
    if presence is None or place is None:
        return None
    if place is Place.DEVICE:
        return Advice(GrantType.DEVICE_CODE, is_public=True, reason=_DEVICE)
    if place is Place.NATIVE:
        return Advice(GrantType.AUTHORIZATION_CODE, is_public=True, reason=_NATIVE)
    return _advise_web(place, library)


def _advise_web(place: Place, library: Library | None) -> Advice | None:
    is_public = place is Place.BROWSER
    match library:
        case Library.IMPLICIT:
            return Advice(GrantType.IMPLICIT, is_public=is_public, reason=_IMPLICIT, is_legacy=True)
        case Library.HYBRID if not is_public:
            return Advice(GrantType.HYBRID, is_public=False, reason=_HYBRID)
        case None:
            return None
    return Advice(GrantType.AUTHORIZATION_CODE, is_public=is_public, reason=_BROWSER if is_public else _WEB)


_STRICT = {
    Place.SERVER: say(
        "The code goes through the browser, the tokens never do: your server fetches them, and proves by a key who "
        "it is."
    ),
    Place.BROWSER: say(
        "This instance serves no app that runs in the browser alone. Give it a server of its own, which signs people "
        "in, fetches the data, and has sessions with its pages."
    ),
    Place.NATIVE: say(
        "This instance serves no app that runs on people's devices alone. Give it a server of its own, which signs "
        "people in, fetches the data, and answers the app."
    ),
    Place.DEVICE: say(
        "The thing shows a short code, the person enters it on her phone. A key that each thing had in it would be "
        "none: a server of yours asks for the code and fetches the tokens."
    ),
}
_STRICT_SERVICE = say(
    "Nobody is there to ask, so the service acts in its own name, and proves that by a key. It shows it nobody's "
    "data."
)


def advise_strictly(presence: Presence | None, place: Place | None, library: Library | None) -> Advice | None:
    """As `advise`, on an instance of the profile `strict`: all apps have a server and a key, and get codes."""
    advice = advise(presence, place, library)
    if advice is None or presence is Presence.NOBODY or place is None:
        return replace(advice, reason=_STRICT_SERVICE) if advice else None
    grant_type = (
        GrantType.AUTHORIZATION_CODE if advice.grant_type in FRONT_CHANNEL_GRANTS else advice.grant_type
    )
    return Advice(grant_type, is_public=False, reason=_STRICT[place])


def read_start(asked: Mapping[str, str], *, is_strict: bool) -> dict[str, list[str]]:
    """How the form for a new client begins: with what was advised, or with what nearly every new app needs."""
    grant = asked.get("grant", "")
    chosen = GrantType(grant) if grant in set(GrantType) else GrantType.AUTHORIZATION_CODE
    is_service = chosen is GrantType.CLIENT_CREDENTIALS
    return {
        "scopes": ["agency_api"] if is_service else ["openid", "profile", "email"],
        "grant_types": [chosen.value],
        "is_public": ["yes"] if asked.get("public") == "yes" and not is_service and not is_strict else [],
        **(STRICT_START if is_strict else {}),
    }
