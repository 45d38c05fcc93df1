"""What people are told by mail about tenancies."""

from borvo.kernel.text import Instant, mark, say
from borvo.mail.model import Mail
from borvo.portal.team.model import Invitation, TeamRole

_BODY = {
    TeamRole.OWNER: mark(
        """%(inviter)s invites you to the developer tenancy %(tenancy)s at %(issuer)s, as an owner. \
You could then change clients and secrets, and the team itself.

%(way)s
"""
    ),
    TeamRole.DEVELOPER: mark(
        """%(inviter)s invites you to the developer tenancy %(tenancy)s at %(issuer)s, as a developer. \
You could then register and change clients, and set their secrets.

%(way)s
"""
    ),
    TeamRole.VIEWER: mark(
        """%(inviter)s invites you to the developer tenancy %(tenancy)s at %(issuer)s, as a viewer. \
You could then look at the clients.

%(way)s
"""
    ),
}


def write_invitation(invitation: Invitation, prefix: str, inviter: str, issuer: str, token: str) -> Mail:
    """`inviter` is an address: a name is what its owner typed, and would put words of his own into our mail. The same
    for an address that has an account and for one that has none."""
    way = say(
        """To accept, open this link by %(end)s, and sign in with this address. If you have \
no account yet, create one with this address:

%(issuer)s/portal/invitations/%(token)s

The link works once, and only for this address. If you did not expect it, there is nothing to do.""",
        end=Instant(invitation.expires_at),
        issuer=issuer,
        token=token,
    )
    return Mail(
        invitation.email,
        say("You are invited to the developer tenancy %(tenancy)s", tenancy=prefix),
        say(_BODY[invitation.role], inviter=inviter, tenancy=prefix, issuer=issuer, way=way),
    )
