"""What people are told by mail about organisations."""

from borvo.kernel.text import Instant, mark, say
from borvo.mail.model import Mail
from borvo.organisations.model import OrganisationInvitation, OrganisationRole

_BODY = {
    OrganisationRole.AGENT: mark(
        """%(inviter)s invites you to %(name)s at %(issuer)s, as an agent. \
You could then ask people for their health data in its name, and read what they share with it.

%(way)s
"""
    ),
    OrganisationRole.MEMBERSHIP_MANAGER: mark(
        """%(inviter)s invites you to %(name)s at %(issuer)s, as a membership manager. \
You could then look after who belongs to it. You would see nobody's health data.

%(way)s
"""
    ),
}


def write_invitation(
    invitation: OrganisationInvitation, name: str, inviter: str, issuer: str, token: str
) -> Mail:
    """`inviter` is an address: a name is what its owner typed. The same for an address that has an account and for one
    that has none."""
    way = say(
        """To accept, open this link by %(end)s, and sign in with this address. If you have \
no account yet, create one with this address:

%(issuer)s/organisations/invitations/%(token)s

The link works once, and only for this address. If you did not expect it, there is nothing to do.""",
        end=Instant(invitation.expires_at),
        issuer=issuer,
        token=token,
    )
    return Mail(
        invitation.email,
        say("You are invited to %(name)s", name=name),
        say(_BODY[invitation.role], inviter=inviter, name=name, issuer=issuer, way=way),
    )
