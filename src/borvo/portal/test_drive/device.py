"""Runs the flow of a device without a browser (RFC 8628), with the sandbox person on her phone."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from borvo.kernel.text import say
from borvo.portal.test_drive.documents import PageForm, find_form, read_words
from borvo.portal.test_drive.drive import Drive
from borvo.portal.test_drive.model import Fields, Mistake
from borvo.portal.test_drive.plans import list_scopes

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceDrive(Drive):
    """The person has decided before the device asks for the first time, so that nobody waits."""

    async def _obtain(self) -> None:
        fields: Fields = (("scope", list_scopes(self._client, self._plan)),)
        words = say("The device asks for a code that it shows to whoever stands before it.")
        begun = await self._ask_as_client(
            "device_authorization_endpoint", say("Device authorization"), words, fields
        )
        question = await self._enter_code(begun) if begun else None
        if question is not None:
            await self._decide_there(question)
            await self._poll(str(begun["device_code"]))

    async def _enter_code(self, begun: Mapping[str, Any]) -> PageForm | None:
        """What the person is asked; None when her code was refused."""
        page = await self._http.get(str(begun["verification_uri_complete"]))
        path = urlsplit(str(begun["verification_uri"])).path
        form = find_form(page.text, path)
        response = await self._post(path, form.values) if form else page
        question = find_form(response.text, f"{path}/decision")
        sent: Fields = (("user_code", str(begun["user_code"])),)
        title = say("The code")
        if question is None:
            words = say("The sandbox person, who is signed in, enters the code on her phone.")
            text = read_words(response.text)
            self._note(title, words, response, sent, text=text, is_refused=True)
            return None
        asked = tuple(pair for pair in question.values if pair[0] == "scope")
        words = say("The sandbox person, who is signed in, enters the code on her phone. She is asked.")
        self._note(title, words, response, sent, answer=asked)
        return question

    async def _decide_there(self, question: PageForm) -> None:
        is_declined = self._plan.mistake is Mistake.DECLINED
        decision = ("decision", "decline" if is_declined else "allow")
        response = await self._post(question.action, (*question.values, decision))
        words = say("She declines.") if is_declined else say("She leaves everything ticked and allows it.")
        text = read_words(response.text)
        self._note(say("Her decision"), words, response, (decision,), text=text)

    async def _poll(self, device_code: str) -> None:
        """RFC 8628 3.4."""
        fields: Fields = (("grant_type", _GRANT), ("device_code", device_code))
        tokens = await self._fetch_tokens(
            say("Token request"), say("The device asks what became of it."), fields
        )
        if tokens:
            await self._use_tokens(tokens)
            if refresh_token := tokens.get("refresh_token"):
                await self._refresh(refresh_token)
