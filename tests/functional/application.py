"""One application for all tests of a process: registering every handler anew for each test would cost more than the
test does."""

import gc
from weakref import WeakKeyDictionary

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from borvo.assembly import Platform, build_litestar, enclose, list_dependencies

# By what is built into the application itself rather than given to its handlers.
_built: dict[tuple[object, ...], Litestar] = {}
_platforms: WeakKeyDictionary[ASGIApp, Platform] = WeakKeyDictionary()


def register_handlers(platform: Platform, part: str = "") -> Litestar:
    """All that such a platform's application answers, without what it answers from."""
    key = (part, platform.keyring.derive("csrf"), platform.entropy, platform.accounts.cookies)
    if key not in _built:
        _built[key] = build_litestar(platform)
        # It stays, as what the imports made does.
        gc.collect()
        gc.freeze()
    return _built[key]


def build_app_for(platform: Platform, part: str = "") -> ASGIApp:
    """Serves the platform until another one is given for the same part, which is the next test's: a second platform
    in one test takes a part of its own."""
    app = register_handlers(platform, part)
    for name, provider in list_dependencies(platform).items():
        present = app.dependencies[name]
        assert isinstance(present, Provide)
        present.dependency, present.value = provider.dependency, provider.value
    enclosed = enclose(app, platform)
    _platforms[enclosed] = platform
    return enclosed


def find_platform(app: object) -> Platform:
    """That of an application which `build_app_for` has built."""
    return _platforms[app]  # type: ignore[index]
