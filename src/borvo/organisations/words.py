"""What people are told by mail about organisations."""

from borvo.mail.model import Mail
from borvo.organisations.model import OrganisationInvitation, OrganisationRole

_MAY = {
    OrganisationRole.AGENT: "ask people for their health data in its name, and read what they share with it",
    OrganisationRole.MEMBERSHIP_MANAGER: "look after who belongs to it. You would see nobody's health data",
}


def write_invitation(
    invitation: OrganisationInvitation, name: str, inviter: str, issuer: str, token: str
) -> Mail:
    """`inviter` is an address: a name is what its owner typed. The same for an address that has an account and for one
    that has none."""
    article = "an" if invitation.role is OrganisationRole.AGENT else "a"
    return Mail(
        invitation.email,
        f"You are invited to {name}",
        f"""{inviter} invites you to {name} at {issuer}, as {article} {invitation.role.label}. \
You could then {_MAY[invitation.role]}.

To accept, open this link by {invitation.expires_at:%-d %B %Y, %H:%M} UTC, and sign in with this address. If you have \
no account yet, create one with this address:

{issuer}/organisations/invitations/{token}

The link works once, and only for this address. If you did not expect it, there is nothing to do.
""",
    )
