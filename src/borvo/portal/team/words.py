"""What people are told by mail about tenancies."""

from borvo.mail.model import Mail
from borvo.portal.team.model import Invitation, TeamRole

_MAY = {
    TeamRole.OWNER: "change clients and secrets, and the team itself",
    TeamRole.DEVELOPER: "register and change clients, and set their secrets",
    TeamRole.VIEWER: "look at the clients",
}


def write_invitation(invitation: Invitation, prefix: str, inviter: str, issuer: str, token: str) -> Mail:
    """`inviter` is an address: a name is what its owner typed, and would put words of his own into our mail. The same
    for an address that has an account and for one that has none."""
    article = "an" if invitation.role is TeamRole.OWNER else "a"
    return Mail(
        invitation.email,
        f"You are invited to the developer tenancy {prefix}",
        f"""{inviter} invites you to the developer tenancy {prefix} at {issuer}, as {article} {invitation.role.value}. \
You could then {_MAY[invitation.role]}.

To accept, open this link by {invitation.expires_at:%-d %B %Y, %H:%M} UTC, and sign in with this address. If you have \
no account yet, create one with this address:

{issuer}/portal/invitations/{token}

The link works once, and only for this address. If you did not expect it, there is nothing to do.
""",
    )
