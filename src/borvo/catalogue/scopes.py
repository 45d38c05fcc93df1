"""All scopes of the platform, with the words in which people are asked for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types
from borvo.kernel.text import Text, say


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """One scope: `title` for lists, `sentence` completes "... would like to", `group` gathers in the picker, `about`
    explains what it opens where the sentence does not, `example` is what may be read by it, and `noun` is what the
    samples of a type are called within a sentence."""

    scope: str
    title: str
    sentence: str
    group: str
    about: str = ""
    example: str = ""
    noun: str = ""


BASIC_SCOPES = (
    ScopeWords("openid", say("Sign-in"), say("know that it is you who signs in"), say("Basic")),
    ScopeWords(
        "profile",
        say("Profile"),
        say("see your name, your roles and what your profile says about you, such as your date of birth"),
        say("Basic"),
    ),
    ScopeWords("email", say("E-mail address"), say("see your e-mail address"), say("Basic")),
    ScopeWords("phone", say("Phone number"), say("see your phone number"), say("Basic")),
    ScopeWords("address", say("Postal address"), say("see your postal address"), say("Basic")),
    ScopeWords(
        "offline_access",
        say("Lasting access"),
        say("keep this access while you are not using the app"),
        "Basic",
    ),
    ScopeWords(
        "agency_api", say("Agency"), say("ask people for access to their data on your behalf"), say("Basic")
    ),
)

REQUIRED_SCOPES = frozenset({"openid"})
"""What a person cannot untick: a client that signs people in must learn who it is."""

AGENCY_SCOPE = "agency_api"
"""What every call of the Agency and Organisations APIs needs."""

_GROUP_TITLES = {
    "correlation": say("Correlation"),
    "body": say("Body Quantity"),
    "fitness": say("Fitness Quantity"),
    "vitals": say("Vitals Quantity"),
    "results": say("Results Quantity"),
    "nutrition": say("Nutrition Quantity"),
    "uv_exposure": say("UV Exposure Quantity"),
    "category": say("Category"),
}


def tell(text: str) -> Text:
    """A text of `sample_types.json`, which `list_told` gives to the catalogues."""
    return say(text.replace("%", "%%"))


def list_told() -> list[str]:
    """All that people read of the sample types, as messages for the catalogues of translations."""
    types = list_sample_types()
    texts = [text for each in types for text in (each.label, each.noun, each.about, each.example)]
    return [text.replace("%", "%%") for text in dict.fromkeys(texts)]


def _describe_type(sample_type: SampleType) -> list[ScopeWords]:
    noun = tell(sample_type.noun)
    if sample_type.group == "nutrition":
        noun = say("food: %(noun)s", noun=noun)
    if sample_type.family is Family.CORRELATION:
        noun = say("%(noun)s records", noun=noun)
    group, about, example = (
        _GROUP_TITLES[sample_type.group],
        tell(sample_type.about),
        tell(sample_type.example),
    )
    read, write = say("read your %(noun)s", noun=noun), say("add to your %(noun)s", noun=noun)
    titles = say("Read %(noun)s", noun=noun), say("Write %(noun)s", noun=noun)
    return [
        ScopeWords(sample_type.read_scope, titles[0], read, group, about, example, noun),
        ScopeWords(sample_type.write_scope, titles[1], write, group, about, noun=noun),
    ]


@cache
def map_scopes() -> dict[str, ScopeWords]:
    """Every scope that a client can be registered for, in the order of the picker."""
    words = [*BASIC_SCOPES]
    for sample_type in sorted(list_sample_types(), key=lambda each: list(_GROUP_TITLES).index(each.group)):
        words.extend(_describe_type(sample_type))
    return {each.scope: each for each in words}


def describe_scopes(scopes: Iterable[str]) -> list[ScopeWords]:
    """The words for the scopes that the platform knows, in the order given; unknown ones are left out."""
    known = map_scopes()
    return [known[scope] for scope in scopes if scope in known]


def order_scopes(scopes: Iterable[str]) -> list[str]:
    """The known ones of them in the order of the picker, where sign-in comes first."""
    named = frozenset(scopes)
    return [scope for scope in map_scopes() if scope in named]


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """What a person reads on the consent page: a sentence, which members of a group it covers, the scopes that she
    allows with it, an explanation unless a line above gives it, an example of what is read, and what that is called."""

    sentence: str
    scopes: tuple[str, ...]
    members: tuple[str, ...] = ()
    about: str = ""
    example: str = ""
    noun: str = ""


def _map_members(scopes: frozenset[str]) -> dict[str, dict[str, str]]:
    """For each scope of a group, the scopes of its members among `scopes`, with the members' labels."""
    types = map_sample_types()
    members: dict[str, dict[str, str]] = {}
    for parent in types.values():
        for child in (types[name] for name in parent.members):
            pairs = (parent.read_scope, child.read_scope), (parent.write_scope, child.write_scope)
            for parent_scope, child_scope in pairs:
                if parent_scope in scopes and child_scope in scopes:
                    members.setdefault(parent_scope, {})[child_scope] = tell(child.label)
    return members


def list_consent_lines(scopes: Iterable[str]) -> list[ConsentLine]:
    """The scopes in words, in the order given; members asked for along with their group are named on its line."""
    words = describe_scopes(scopes)
    members = _map_members(frozenset(each.scope for each in words))
    covered = {scope for children in members.values() for scope in children}
    lines: list[ConsentLine] = []
    for each in words:
        if each.scope not in covered:
            children = members.get(each.scope, {})
            about = "" if any(each.about == line.about for line in lines) else each.about
            named = (each.scope, *children)
            lines.append(
                ConsentLine(each.sentence, named, tuple(children.values()), about, each.example, each.noun)
            )
    return lines


def group_scopes() -> dict[str, list[ScopeWords]]:
    """All scopes by the title of their group, for a picker."""
    groups: dict[str, list[ScopeWords]] = {}
    for words in map_scopes().values():
        groups.setdefault(words.group, []).append(words)
    return groups
