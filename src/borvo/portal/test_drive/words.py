"""What developers are told of a drive before it begins."""

from borvo.kernel.text import say
from borvo.portal.test_drive.model import Flow, Mistake

FLOW_WORDS = {
    Flow.CODE: say("Authorization code"),
    Flow.CODE_ID_TOKEN: say("Hybrid, code id_token, as ASP.NET Core asks"),
    Flow.CODE_TOKEN: say("Hybrid, code token"),
    Flow.CODE_ID_TOKEN_TOKEN: say("Hybrid, code id_token token"),
    Flow.ID_TOKEN: say("Implicit, id_token"),
    Flow.ID_TOKEN_TOKEN: say("Implicit, id_token token"),
    Flow.SERVICE: say("Client credentials, without a person"),
    Flow.DEVICE: say("Device code"),
}

MISTAKE_WORDS = {
    Mistake.NONE: (say("No mistake"), say("All as it should be, to the end.")),
    Mistake.REDIRECT_URI: (say("Wrong redirect URI"), say("The app sends one that is not registered.")),
    Mistake.SCOPE: (say("Unknown scope"), say("The app asks for one that does not exist.")),
    Mistake.DECLINED: (say("Declined"), say("The person does not allow it.")),
    Mistake.NO_CHALLENGE: (say("Missing PKCE"), say("The app sends no code challenge.")),
    Mistake.VERIFIER: (
        say("Wrong verifier"),
        say("The app that has the code is not the one that asked for it."),
    ),
    Mistake.SECRET: (say("Wrong secret"), say("The app shows a secret that is none of the client's.")),
    Mistake.REUSED_CODE: (say("Reused code"), say("The app sends the same code twice.")),
}
