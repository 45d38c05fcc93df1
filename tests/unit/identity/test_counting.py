"""What is counted of what the engine serves."""

from borvo.identity.engine import ProtocolServer
from borvo.identity.grants import _REGISTERED
from borvo.identity.service.counting import TOKENS
from borvo.portal.activity import TOKEN_LABELS
from borvo.portal.public import Activity


def test_tokens_of_every_grant_are_counted() -> None:
    server: ProtocolServer = _REGISTERED
    assert {grant.GRANT_TYPE for grant, _ in server._token_grants} == TOKENS.keys()


def test_every_kind_of_token_has_a_name_on_the_page() -> None:
    assert {*TOKENS.values(), Activity.TOKEN_BY_BROWSER} == TOKEN_LABELS.keys()
