"""All scopes of the platform, with the words in which people are asked for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """One scope: `title` for lists, `sentence` completes "... would like to", `group` gathers in the picker, `about`
    explains what it opens where the sentence does not, and `example` is what may be read by it."""

    scope: str
    title: str
    sentence: str
    group: str
    about: str = ""
    example: str = ""


BASIC_SCOPES = (
    ScopeWords("openid", "Sign-in", "know that it is you who signs in", "Basic"),
    ScopeWords(
        "profile",
        "Profile",
        "see your name, your roles and what your profile says about you, such as your date of birth",
        "Basic",
    ),
    ScopeWords("email", "E-mail address", "see your e-mail address", "Basic"),
    ScopeWords("phone", "Phone number", "see your phone number", "Basic"),
    ScopeWords("address", "Postal address", "see your postal address", "Basic"),
    ScopeWords(
        "offline_access", "Lasting access", "keep this access while you are not using the app", "Basic"
    ),
    ScopeWords("agency_api", "Agency", "ask people for access to their data on your behalf", "Basic"),
)

REQUIRED_SCOPES = frozenset({"openid"})
"""What a person cannot untick: a client that signs people in must learn who it is."""

AGENCY_SCOPE = "agency_api"
"""What every call of the Agency and Organisations APIs needs."""

_GROUP_TITLES = {
    "correlation": "Correlation",
    "body": "Body Quantity",
    "fitness": "Fitness Quantity",
    "vitals": "Vitals Quantity",
    "results": "Results Quantity",
    "nutrition": "Nutrition Quantity",
    "uv_exposure": "UV Exposure Quantity",
    "category": "Category",
}


def _describe_type(sample_type: SampleType) -> list[ScopeWords]:
    parent = "food: " if sample_type.group == "nutrition" else ""
    noun = f"{parent}{sample_type.noun}"
    if sample_type.family is Family.CORRELATION:
        noun = f"{noun} records"
    group, about = _GROUP_TITLES[sample_type.group], sample_type.about
    return [
        ScopeWords(
            sample_type.read_scope, f"Read {noun}", f"read your {noun}", group, about, sample_type.example
        ),
        ScopeWords(sample_type.write_scope, f"Write {noun}", f"add to your {noun}", group, about),
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
    allows with it, an explanation unless a line above gives it, and an example of what is read."""

    sentence: str
    scopes: tuple[str, ...]
    members: tuple[str, ...] = ()
    about: str = ""
    example: str = ""


def _map_members(scopes: frozenset[str]) -> dict[str, dict[str, str]]:
    """For each scope of a group, the scopes of its members among `scopes`, with the members' labels."""
    types = map_sample_types()
    members: dict[str, dict[str, str]] = {}
    for parent in types.values():
        for child in (types[name] for name in parent.members):
            pairs = (parent.read_scope, child.read_scope), (parent.write_scope, child.write_scope)
            for parent_scope, child_scope in pairs:
                if parent_scope in scopes and child_scope in scopes:
                    members.setdefault(parent_scope, {})[child_scope] = child.label
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
            lines.append(ConsentLine(each.sentence, named, tuple(children.values()), about, each.example))
    return lines


def group_scopes() -> dict[str, list[ScopeWords]]:
    """All scopes by the title of their group, for a picker."""
    groups: dict[str, list[ScopeWords]] = {}
    for words in map_scopes().values():
        groups.setdefault(words.group, []).append(words)
    return groups
