"""The programs that a client may begin with, and which of them suit it: pure rules.

One more is a template in `snippets/` and a line in `RECIPES`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from borvo.portal.addresses import list_hosts
from borvo.portal.model import GrantType, RegisteredClient
from borvo.portal.quick_start.literals import Language


class Ground(StrEnum):
    """Where the program runs. A terminal is whatever the developer wants it to be."""

    SERVER = "server"
    BROWSER = "browser"
    PHONE = "phone"
    TERMINAL = "terminal"


class Flow(StrEnum):
    """How the program gets its tokens."""

    SIGN_IN = "sign-in"
    SERVICE = "service"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One program. Its template is `snippets/<name>.jinja`; `file` is what to save it as; `install` and `run` are
    commands, empty where an editor does it; `{port}` in them is the callback URL's."""

    name: str
    title: str
    language: Language
    ground: Ground
    flow: Flow
    file: str
    install: str = ""
    run: str = ""


_NODE = "npm install openid-client"
_GO = "go mod init app && go get golang.org/x/oauth2"
_SPRING = "Spring Initializr: Spring Web, OAuth2 Client"
_PHP = "composer require jumbojett/openid-connect-php"

RECIPES = (
    Recipe(
        "python",
        "Python (Authlib)",
        Language.PYTHON,
        Ground.SERVER,
        Flow.SIGN_IN,
        "app.py",
        "pip install authlib httpx itsdangerous starlette uvicorn",
        "python app.py",
    ),
    Recipe(
        "node",
        "JavaScript, Node (openid-client)",
        Language.JAVASCRIPT,
        Ground.SERVER,
        Flow.SIGN_IN,
        "app.mjs",
        _NODE,
        "node app.mjs",
    ),
    Recipe(
        "aspnet",
        "ASP.NET Core",
        Language.CSHARP,
        Ground.SERVER,
        Flow.SIGN_IN,
        "Program.cs",
        "dotnet new web && dotnet add package Microsoft.AspNetCore.Authentication.OpenIdConnect",
        "dotnet run",
    ),
    Recipe(
        "spring",
        "Java (Spring)",
        Language.JAVA,
        Ground.SERVER,
        Flow.SIGN_IN,
        "Application.java",
        f"{_SPRING}, Spring Security",
        "./mvnw spring-boot:run",
    ),
    Recipe(
        "go",
        "Go",
        Language.GO,
        Ground.SERVER,
        Flow.SIGN_IN,
        "main.go",
        f"{_GO} github.com/coreos/go-oidc/v3/oidc",
        "go run .",
    ),
    Recipe(
        "php",
        "PHP",
        Language.PHP,
        Ground.SERVER,
        Flow.SIGN_IN,
        "index.php",
        _PHP,
        "php -S localhost:{port} index.php",
    ),
    Recipe(
        "browser",
        "JavaScript, browser (oidc-client-ts)",
        Language.JAVASCRIPT,
        Ground.BROWSER,
        Flow.SIGN_IN,
        "app.js",
        "npm install oidc-client-ts",
    ),
    Recipe(
        "ios",
        "iOS (AppAuth)",
        Language.SWIFT,
        Ground.PHONE,
        Flow.SIGN_IN,
        "SignIn.swift",
        "Swift package: openid/AppAuth-iOS",
    ),
    Recipe(
        "android",
        "Android (AppAuth)",
        Language.KOTLIN,
        Ground.PHONE,
        Flow.SIGN_IN,
        "SignIn.kt",
        'implementation("net.openid:appauth:0.11.1")',
    ),
    Recipe(
        "curl",
        "curl",
        Language.SHELL,
        Ground.TERMINAL,
        Flow.SIGN_IN,
        "sign-in.sh",
        "",
        "bash sign-in.sh",
    ),
    Recipe(
        "python-service",
        "Python (Authlib), service",
        Language.PYTHON,
        Ground.SERVER,
        Flow.SERVICE,
        "service.py",
        "pip install authlib requests",
        "python service.py",
    ),
    Recipe(
        "node-service",
        "JavaScript, Node (openid-client), service",
        Language.JAVASCRIPT,
        Ground.SERVER,
        Flow.SERVICE,
        "service.mjs",
        _NODE,
        "node service.mjs",
    ),
    Recipe(
        "dotnet-service",
        "ASP.NET Core, service",
        Language.CSHARP,
        Ground.SERVER,
        Flow.SERVICE,
        "Program.cs",
        "dotnet new web",
        "dotnet run",
    ),
    Recipe(
        "spring-service",
        "Java (Spring), service",
        Language.JAVA,
        Ground.SERVER,
        Flow.SERVICE,
        "Service.java",
        _SPRING,
        "./mvnw spring-boot:run",
    ),
    Recipe("go-service", "Go, service", Language.GO, Ground.SERVER, Flow.SERVICE, "main.go", _GO, "go run ."),
    Recipe(
        "php-service",
        "PHP, service",
        Language.PHP,
        Ground.SERVER,
        Flow.SERVICE,
        "service.php",
        _PHP,
        "php service.php",
    ),
    Recipe(
        "curl-service",
        "curl, service",
        Language.SHELL,
        Ground.TERMINAL,
        Flow.SERVICE,
        "service.sh",
        "",
        "bash service.sh",
    ),
    Recipe(
        "curl-device",
        "curl, device",
        Language.SHELL,
        Ground.TERMINAL,
        Flow.DEVICE,
        "device.sh",
        "",
        "bash device.sh",
    ),
)

_CODE = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.HYBRID})
_NEEDED = {
    Flow.SERVICE: (
        GrantType.CLIENT_CREDENTIALS,
        "For services, where nobody signs in: this client lacks the grant type client credentials.",
    ),
    Flow.DEVICE: (
        GrantType.DEVICE_CODE,
        "For things without a browser: this client lacks the grant type device code.",
    ),
}
_NO_CODE = "Signs people in: this client lacks the grant type authorization code."
_IMPLICIT = (
    "Signs people in by a code, since current libraries no longer speak implicit. Move the client to authorization "
    "code first."
)
_NO_OPENID = "Signs people in: this client lacks the scope openid."
_PUBLIC = "Runs on a server, which keeps a secret: this client has none."
_CONFIDENTIAL = (
    "Runs on people's devices, where a secret is none. Register a client that cannot keep a secret."
)
_NO_WEB_PAGE = "A page comes back to a web address: this client has no such callback URL."
_NO_PHONE = "A phone needs a callback URL with https or a scheme of the app's own: this client has none."


def find_callback(client: RegisteredClient, ground: Ground) -> str:
    """The callback URL for a program that runs there; empty when none fits."""
    return next((uri for uri in client.redirect_uris if _suits(uri, ground)), "")


def _suits(uri: str, ground: Ground) -> bool:
    is_web = bool(list_hosts([uri]))
    if ground is Ground.PHONE:
        return not uri.lower().startswith("http:")
    return is_web or ground is Ground.TERMINAL


def check_recipe(client: RegisteredClient, recipe: Recipe) -> str | None:
    """Why the program is not for this client; None when it is."""
    if recipe.flow in _NEEDED:
        grant_type, fault = _NEEDED[recipe.flow]
        return None if grant_type in client.grant_types else fault
    if not client.grant_types & _CODE:
        return _IMPLICIT if GrantType.IMPLICIT in client.grant_types else _NO_CODE
    if "openid" not in client.scopes:
        return _NO_OPENID
    return _check_ground(client, recipe.ground)


def _check_ground(client: RegisteredClient, ground: Ground) -> str | None:
    is_for_devices = ground in {Ground.BROWSER, Ground.PHONE}
    if ground is Ground.SERVER and client.is_public:
        return _PUBLIC
    if is_for_devices and not client.is_public:
        return _CONFIDENTIAL
    if not find_callback(client, ground):
        return _NO_PHONE if ground is Ground.PHONE else _NO_WEB_PAGE
    return None


def list_fitting(client: RegisteredClient, recipes: Iterable[Recipe] = RECIPES) -> list[Recipe]:
    return [recipe for recipe in recipes if check_recipe(client, recipe) is None]
