"""Rules of agencies: what an invite may say, who may ask, and what a consent opens. Each `check_` says in words why
not, and what helps, or returns None."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from borvo.agency.model import Asker, Choice, Relationship, Standing
from borvo.catalogue.scopes import map_scopes
from borvo.kernel.ids import OrganisationId
from borvo.kernel.scopes import Scopes, keep_allowed
from borvo.kernel.text import say

PATH_MAXIMUM = 1000
STATE_MAXIMUM = 2000
PURPOSE_MAXIMUM = 300
REASON_MAXIMUM = 300

# RFC 3986 3.3 and 3.4, of ASCII; a second slash or a backslash would make another host of what follows.
_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")


def check_path(path: str) -> str | None:
    """A path on the client's own site, query included."""
    if not path:
        return None
    if len(path) > PATH_MAXIMUM or _PATH.fullmatch(path) is None:
        return "Write a path on the client's own site that begins with one slash, such as /Agency/Complete."
    return None


def check_state(state: str) -> str | None:
    if len(state) > STATE_MAXIMUM or not state.isprintable():
        return f"Use at most {STATE_MAXIMUM} printable characters."
    return None


def check_text(text: str, maximum: int) -> str | None:
    """One line that another person will read."""
    if len(text) > maximum or not text.isprintable():
        return say("Use at most %(most)s ordinary characters, on one line.", most=maximum)
    return None


def check_scopes(scopes: Scopes) -> str | None:
    """Contract 6, row 16: agents read and never write. Rows 15: names have dots."""
    if not scopes:
        return say("Name at least one scope, such as read.step_count.")
    known = map_scopes()
    for scope in scopes:
        if scope not in known:
            return f"{scope[:100]!r} is no scope of this platform; names are case-sensitive."
        if not scope.startswith("read."):
            return f"{scope} cannot be asked for: an invite asks to read, with scopes that begin with read."
    return None


def find_unregistered(scopes: Scopes, registered: Collection[str]) -> Scopes:
    """Contract 7: taken all the same, and the consent page says so."""
    return tuple(scope for scope in scopes if scope not in registered)


def check_asker(asker: Asker) -> str | None:
    """Whether it may ask anybody at all."""
    if asker.agent_id is not None:
        return (
            None
            if asker.is_agent
            else say("Only agents may do this. Ask the platform's support for the role.")
        )
    if not asker.organisations:
        return say("This client may not act for any organisation. Ask the platform's support to allow it.")
    return None


def check_organisation(asker: Asker, organisation_id: OrganisationId | None) -> str | None:
    """Whether it may ask in the organisation's name; in person without one."""
    if organisation_id is None or organisation_id in asker.organisations:
        return None
    if asker.agent_id is not None:
        return say("You are not an agent of this organisation.")
    return say("This client may not act for this organisation. Ask the platform's support to allow it.")


def may_reach(asker: Asker, relationship: Relationship, now: datetime) -> bool:
    """Contract 3.2: consent is between a person, an agency and a client; another client sees nothing."""
    return (
        relationship.client_key == asker.client_key
        and relationship.agency_id in asker.agencies
        and relationship.is_active(now)
    )


def list_readable(asker: Asker, relationship: Relationship | None, now: datetime) -> frozenset[str]:
    """The scopes that the asker may read with right now."""
    if relationship is None or not may_reach(asker, relationship, now):
        return frozenset()
    return frozenset(relationship.choice.scopes)


def check_choice(
    choice: Choice, offered: Iterable[str], now: datetime, latest: datetime | None
) -> str | None:
    """Whether the person chose of what was offered, and not longer than was asked for."""
    if not choice.scopes:
        return say("Tick at least one line to share, or reject the request.")
    if set(choice.scopes) - set(offered):
        return say("The request has changed meanwhile. Look at it and decide again.")
    if choice.until is not None and choice.until <= now:
        return say("Choose an end that lies in the future.")
    if latest is not None and (choice.until is None or choice.until > latest):
        return say("Choose an end that is not after the one that was asked for.")
    if choice.data_from is not None and choice.data_from > now:
        return say("Choose a day that is not in the future.")
    return None


def narrow_choice(choice: Choice, ticked: Collection[str]) -> Choice:
    """Without what was unticked, in the order in which it was asked."""
    return replace(choice, scopes=keep_allowed(choice.scopes, ticked))


def decide_change(
    relationship: Relationship, choice: Choice, standing: Standing, now: datetime
) -> Relationship:
    """The next version. Whatever it says replaces all that was before. What has ended comes back by a new choice
    only, which only an accepted invite brings."""
    is_anew = relationship.standing is Standing.ENDED and standing is Standing.ACTIVE
    return replace(
        relationship,
        version=relationship.version + 1,
        choice=choice,
        standing=standing,
        granted_at=now if is_anew else relationship.granted_at,
        changed_at=now,
    )


def check_change(relationship: Relationship, standing: Standing | None) -> str | None:
    """Whether the person may change it by herself: what has ended stays so until she accepts another invite."""
    if relationship.standing is Standing.ENDED:
        return say("This has ended. Who wants to see your data again has to ask you again.")
    if relationship.standing is standing and standing is Standing.PAUSED:
        return say("This is paused already.")
    return None
