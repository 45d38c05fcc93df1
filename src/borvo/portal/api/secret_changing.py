"""The management API's addresses that add and revoke client secrets."""

from litestar import Response, delete, post

from borvo.kernel.ids import parse_uuid
from borvo.portal import secret_service, service
from borvo.portal.api.access import Acting, AnyRequest, render
from borvo.portal.api.answers import IssuedSecretAnswer, describe_issued
from borvo.portal.api.bodies import BODY_LIMIT, SecretBody, parse_body
from borvo.portal.api.changing import read_flag
from borvo.portal.api.description import RevokeOperation, SecretOperation, list_answers, list_faults
from borvo.portal.api.faults import reword
from borvo.portal.model import SecretTerms
from borvo.portal.pages import Developing, InPath
from borvo.portal.team.policy import Deed

_SECRETS = "/clients/{client_id:str}/secrets"


@post(
    _SECRETS,
    status_code=201,
    operation_class=SecretOperation,
    responses=list_answers(IssuedSecretAnswer, "The new secret. It is not told again.", 201),
    request_max_body_size=BODY_LIMIT,
)
async def add_client_secret(
    client_id: InPath, request: AnyRequest, bearer: Acting, portal: Developing
) -> Response[bytes]:
    """Generates a secret, which works beside those that are there. The answer is the only one that tells it."""
    await service.find_client(portal, bearer, client_id, Deed.CHANGE_SECRETS)
    body = parse_body(await request.body(), SecretBody)
    terms = SecretTerms(body.label.strip(), body.days)
    issued = await secret_service.issue_secret(portal, bearer, client_id, terms)
    answer = describe_issued(issued.secret.reveal(), terms.label, issued.stored)
    return render(answer, 201, location=f"{request.url.path}/{issued.stored.id}")


@delete(
    f"{_SECRETS}/{{secret_id:str}}", status_code=204, operation_class=RevokeOperation, responses=list_faults()
)
async def revoke_client_secret(
    client_id: InPath, secret_id: InPath, request: AnyRequest, bearer: Acting, portal: Developing
) -> Response[None]:
    """Revokes a secret at once. The last one that works is revoked only with `last=true`."""
    is_last = read_flag(request, "last")
    client = await service.find_client(portal, bearer, client_id, Deed.CHANGE_SECRETS)
    words = "This is the last secret that works. Send last=true to revoke it all the same."
    with reword("confirmation", words):
        await secret_service.remove_secret(
            portal, bearer, client_id, parse_uuid(secret_id), client.suffix if is_last else ""
        )
    return Response(None, status_code=204, headers={"Cache-Control": "no-store"})


HANDLERS = [add_client_secret, revoke_client_secret]
