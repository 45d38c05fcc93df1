"""Where the link of an invitation leads."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import SignedIn, Viewer
from borvo.portal.pages import Developing, InPath
from borvo.portal.team import invitations
from borvo.portal.team.policy import check_invited
from borvo.web.pages import redirect_to, render_page


@get("/invitations/{token:str}")
async def show_invitation(token: InPath, viewer: Viewer, portal: Developing) -> Template:
    """For everybody who has the link. To whom it was sent is not said."""
    invitation, tenancy = await invitations.find_invitation(portal, token)
    path = f"/portal/invitations/{token}"
    return render_page(
        "portal/invitation.html",
        viewer=viewer,
        invitation=invitation,
        tenancy=tenancy,
        path=path,
        is_for_viewer=viewer is not None and viewer.person.email == invitation.email,
        hindrance=check_invited(tenancy.is_suspended),
    )


@post("/invitations/{token:str}", status_code=303)
async def submit_acceptance(token: InPath, login: SignedIn, portal: Developing) -> Redirect:
    tenancy = await invitations.accept(portal, login.person, token)
    return redirect_to(f"/portal?tenancy={tenancy.prefix}&notice=joined")
