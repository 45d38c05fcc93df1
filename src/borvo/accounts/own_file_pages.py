"""The file with what an account holds of its owner."""

from litestar import Response, get

from borvo.accounts.own_file import gather_account, render_account
from borvo.accounts.recency import require_recent
from borvo.accounts.signing_in import Collaborators, SignedIn


@get("/account/details")
async def download_account(login: SignedIn, accounts: Collaborators) -> Response[bytes]:
    """As with her samples, a stolen session does not do."""
    await require_recent(accounts, login, "/account/export")
    name = f"account-{accounts.clock():%Y-%m-%d}.json"
    return Response(
        render_account(await gather_account(accounts, login)),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
