"""What developers are told of a drive before it begins."""

from borvo.portal.test_drive.model import Flow, Mistake

FLOW_WORDS = {
    Flow.CODE: "Authorization code",
    Flow.CODE_ID_TOKEN: "Hybrid, code id_token, as ASP.NET Core asks",
    Flow.CODE_TOKEN: "Hybrid, code token",
    Flow.CODE_ID_TOKEN_TOKEN: "Hybrid, code id_token token",
    Flow.ID_TOKEN: "Implicit, id_token",
    Flow.ID_TOKEN_TOKEN: "Implicit, id_token token",
    Flow.SERVICE: "Client credentials, without a person",
    Flow.DEVICE: "Device code",
}

MISTAKE_WORDS = {
    Mistake.NONE: ("No mistake", "All as it should be, to the end."),
    Mistake.REDIRECT_URI: ("Wrong redirect URI", "The app sends one that is not registered."),
    Mistake.SCOPE: ("Unknown scope", "The app asks for one that does not exist."),
    Mistake.DECLINED: ("Declined", "The person does not allow it."),
    Mistake.NO_CHALLENGE: ("Missing PKCE", "The app sends no code challenge."),
    Mistake.VERIFIER: ("Wrong verifier", "The app that has the code is not the one that asked for it."),
    Mistake.SECRET: ("Wrong secret", "The app shows a secret that is none of the client's."),
    Mistake.REUSED_CODE: ("Reused code", "The app sends the same code twice."),
}
