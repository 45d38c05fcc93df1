"""The audit trail in words."""

from dataclasses import fields
from datetime import UTC, datetime
from uuid import UUID

import pytest

from borvo.kernel.ids import PersonId
from borvo.kernel.text import Text
from borvo.languages.choice import choose_language
from borvo.portal.audit import BY_ITSELF, Action, Value
from borvo.portal.model import ClientDetails
from borvo.portal.trail import Actor, Entry
from borvo.portal.trail_words import (
    ACTION_WORDS,
    VALUE_WORDS,
    list_items,
    name_action,
    name_actor,
    name_thing,
    name_value,
)

FRENCH = choose_language(["fr"])
SOMEBODY = UUID(int=1)


def test_every_action_has_words_that_tell_it_by_its_name() -> None:
    assert {action: str(name_action(action)) for action in Action} == {
        action: action.replace("_", " ").capitalize() for action in Action
    }
    assert ACTION_WORDS.keys() == set(Action)


def test_every_detail_of_a_client_has_words() -> None:
    assert {field.name for field in fields(ClientDetails)} <= VALUE_WORDS.keys()


def test_what_a_later_release_wrote_is_shown_by_its_name() -> None:
    assert name_action("client_painted") == "Client painted"
    assert name_value("paint_color") == "Paint color"


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("token ending a1B2", "jeton se terminant par a1B2"),
        ("initial token ending a1B2", "jeton initial se terminant par a1B2"),
        (BY_ITSELF, "son jeton d\u2019enregistrement"),
        ("healthorg.myapp", "healthorg.myapp"),
        ("dana@example.org", "dana@example.org"),
        ("", ""),
    ],
)
def test_names_of_tokens_are_told_in_words_and_all_else_as_it_is(stored: str, told: str) -> None:
    thing = name_thing(stored)
    assert str(thing) == stored
    assert FRENCH.say(thing) == told


@pytest.mark.parametrize(
    ("actor", "action", "through", "told"),
    [
        (
            Actor(PersonId(SOMEBODY), "dana@example.org", "Dana"),
            "client_changed",
            "",
            "Dana (dana@example.org)",
        ),
        (Actor(PersonId(SOMEBODY), "", ""), "client_changed", "", "une ancienne personne"),
        (None, "tenancy_created", "", "l\u2019exploitant"),
        (None, "client_changed", BY_ITSELF, "l\u2019application elle-même"),
        (None, "secret_reported", "", "quelqu\u2019un qui l\u2019a trouvé en public"),
    ],
)
def test_who_acted_is_told(actor: Actor | None, action: str, through: str, told: str) -> None:
    entry = Entry(SOMEBODY, datetime(2026, 1, 1, tzinfo=UTC), actor, action, "x", {}, {}, through)
    assert FRENCH.say(name_actor(entry)) == told


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("is_public", True, ["oui"]),
        ("is_public", False, ["non"]),
        ("role", "viewer", ["observateur"]),
        ("label", "viewer", ["viewer"]),
        ("role", "captain", ["captain"]),
        ("state", "live", ["en production"]),
        ("state", "painted", ["painted"]),
        ("clients", 10, ["10"]),
        ("logo", "", []),
        ("logo", None, []),
        ("scopes", ["openid", "yes"], ["openid", "yes"]),
    ],
)
def test_values_are_told_item_by_item(name: str, value: Value, told: list[str]) -> None:
    assert [FRENCH.say(item) for item in list_items(name, value)] == told


def test_words_can_be_said_in_every_language() -> None:
    assert all(isinstance(words, Text) for words in (*ACTION_WORDS.values(), *VALUE_WORDS.values()))
