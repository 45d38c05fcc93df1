"""Where the management API is."""

from litestar import Router
from litestar.di import Provide

from borvo.kernel.errors import InvalidInputError
from borvo.portal.api import changing, reading, secret_changing
from borvo.portal.api.access import provide_bearer
from borvo.portal.api.description import SECURITY
from borvo.portal.api.faults import answer_invalid_input, answer_overtaken
from borvo.portal.api.saving import OvertakenError
from borvo.web.csrf import WITHOUT_CSRF

PATH = "/portal/api/v1"


def build_api_router() -> Router:
    """All handlers with the token's owner, who is looked for before anything else; `assembly` provides `portal`."""
    return Router(
        path=PATH,
        route_handlers=[*reading.HANDLERS, *changing.HANDLERS, *secret_changing.HANDLERS],
        dependencies={"bearer": Provide(provide_bearer)},
        exception_handlers={InvalidInputError: answer_invalid_input, OvertakenError: answer_overtaken},
        opt=WITHOUT_CSRF,
        security=SECURITY,
        tags=["Management API"],
    )
