"""The programs that a client may begin with. One more is a template in `snippets/` and an entry in `RECIPES`; which
clients they suit, `suitability.py` says."""

from dataclasses import dataclass
from enum import StrEnum

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
    IMPLICIT = "implicit"
    """Legacy: for clients that have nothing better to sign people in with."""


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

    @property
    def takes_secret(self) -> bool:
        """Whether a client that has a secret needs it here. No request of an implicit one goes to a place that asks."""
        return self.flow is not Flow.IMPLICIT


_NODE = "npm install openid-client"
_STARLETTE = "pip install authlib httpx itsdangerous starlette uvicorn"
_ASPNET = "dotnet new web && dotnet add package Microsoft.AspNetCore.Authentication.OpenIdConnect"
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
        _STARLETTE,
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
        _ASPNET,
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
    Recipe(
        "python-implicit",
        "Python (Authlib), implicit",
        Language.PYTHON,
        Ground.SERVER,
        Flow.IMPLICIT,
        "app.py",
        _STARLETTE,
        "python app.py",
    ),
    Recipe(
        "node-implicit",
        "JavaScript, Node (openid-client), implicit",
        Language.JAVASCRIPT,
        Ground.SERVER,
        Flow.IMPLICIT,
        "app.mjs",
        _NODE,
        "node app.mjs",
    ),
    Recipe(
        "browser-implicit",
        "JavaScript, browser (openid-client), implicit",
        Language.JAVASCRIPT,
        Ground.BROWSER,
        Flow.IMPLICIT,
        "app.js",
        _NODE,
    ),
    Recipe(
        "aspnet-implicit",
        "ASP.NET Core, implicit",
        Language.CSHARP,
        Ground.SERVER,
        Flow.IMPLICIT,
        "Program.cs",
        _ASPNET,
        "dotnet run",
    ),
    Recipe(
        "curl-implicit",
        "curl, implicit",
        Language.SHELL,
        Ground.TERMINAL,
        Flow.IMPLICIT,
        "sign-in.sh",
        "",
        "bash sign-in.sh",
    ),
)
