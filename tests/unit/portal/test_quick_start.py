"""Programs for clients: nothing that a developer typed ends the literal that it stands in; each suits its client."""

import ast
import json
import re
import shlex
from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.ids import ClientId, ClientKey, TenancyId
from borvo.portal.model import AuthMethod, GrantType, RegisteredClient
from borvo.portal.quick_start.literals import Language, Remark, spell
from borvo.portal.quick_start.model import Flow, Recipe
from borvo.portal.quick_start.recipes import RECIPES
from borvo.portal.quick_start.rendering import SNIPPETS, render_snippet
from borvo.portal.quick_start.suitability import check_recipe, list_fitting

ISSUER = "https://borvo.example"
HOSTILE = 'x"\'`;$(id)${id}#{id}\\(id)\\" \\u0022 \\u000a</script>?>*/ --> %>\r\n\u2028\N{PILE OF POO}{{ 7 * 7 }}{% x'
# Of each language: a whole literal.
_DOUBLE = r'"(?:[^"\\\n]|\\.)*"'
_LITERALS = dict.fromkeys(Language, re.compile(_DOUBLE)) | {
    Language.PHP: re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL),
    Language.SHELL: re.compile(r"'[^']*'(?:\"'\"'[^']*')*"),
}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3})|(.))", re.DOTALL)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def build_client(text: str = "fine", changes: Mapping[str, object] | None = None) -> RegisteredClient:
    """A client that wrote the text wherever it may write anything, as if nothing were checked."""
    settings: dict[str, object] = {
        "client_id": ClientId(f"demo.{text}"),
        "client_key": ClientKey(UUID(int=1)),
        "tenancy_id": TenancyId(UUID(int=2)),
        "suffix": text,
        "display_name": text,
        "client_uri": "",
        "redirect_uris": (f"https://app.example/{text}", f"org.example.app:/{text}"),
        "grant_types": frozenset({GrantType.AUTHORIZATION_CODE}),
        "scopes": ("openid", text),
        "require_pkce": True,
        "is_disabled": False,
        "secrets": (),
    }
    return RegisteredClient(**{**settings, **(changes or {})})  # type: ignore[arg-type]


def read_back(language: Language, literal: str) -> str:
    """What a program of the language makes of the literal."""
    if language is Language.PYTHON:
        return str(ast.literal_eval(literal))
    if language is Language.SHELL:
        return "".join(shlex.split(literal))
    if language is Language.PHP:
        return literal[1:-1].replace("\\'", "'").replace("\\\\", "\\")
    if language is Language.JAVASCRIPT:
        return str(json.loads(literal))

    def resolve(match: re.Match[str]) -> str:
        braced, short, long, octal, plain = match.groups()
        if octal:
            return chr(int(octal, 8))
        return plain or chr(int(braced or short or long, 16))

    text = _ESCAPE.sub(resolve, literal[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


@pytest.mark.parametrize("language", Language)
@given(text=TEXTS)
def test_a_text_is_one_literal_that_says_the_same(language: Language, text: str) -> None:
    literal = spell(language, text)
    assert _LITERALS[language].fullmatch(literal)
    if language is not Language.PHP or not text.endswith("\\"):
        assert read_back(language, literal) == text


@given(text=TEXTS)
def test_nothing_is_escaped_that_java_would_read_before_it_looks_for_quotes(text: str) -> None:
    literal = spell(Language.JAVA, text)
    early = [int(code, 16) for code in re.findall(r"(?<!\\)(?:\\\\)*\\u+([0-9a-f]{4})", literal)]
    assert all(code > 0x7E for code in early)


@given(text=TEXTS)
def test_a_name_never_leaves_its_comment(text: str) -> None:
    for language in Language:
        remark = spell(language, Remark(text))
        assert not re.search(r"[\n\r\u2028\u2029\x85\\*/?<>{}$`\"]", remark)
        assert len(remark) <= 80


@pytest.mark.parametrize("value", [None, True, 1.5, ["a"]])
def test_only_texts_and_whole_numbers_become_literals(value: object) -> None:
    with pytest.raises(TypeError):
        spell(Language.PYTHON, value)


def strip_values(recipe: Recipe, text: str) -> str:
    """The program without what stands in literals, and without its comments."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith(("#", "//"))]
    return _LITERALS[recipe.language].sub("S", "\n".join(lines))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_hostile_client_changes_nothing_of_the_program_but_its_texts(recipe: Recipe) -> None:
    service = {"scopes": ("openid", "agency_api")} if recipe.flow is Flow.SERVICE else {}
    fine = render_snippet(build_client(changes=service), recipe, ISSUER)
    hostile = render_snippet(build_client(HOSTILE, service), recipe, ISSUER)
    assert strip_values(recipe, hostile) == strip_values(recipe, fine)
    assert "7 * 7" in hostile
    assert "49" not in hostile.replace("\\u{1f4a9}", "")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("is_public", [True, False])
def test_a_program_never_holds_a_secret(recipe: Recipe, is_public: bool) -> None:
    text = render_snippet(build_client(changes={"is_public": is_public}), recipe, ISSUER)
    assert ISSUER in text
    assert "demo.fine" in text
    asks = "CLIENT_SECRET" in text
    if not recipe.takes_secret:
        assert not asks
    elif recipe.language is Language.SHELL:
        assert asks is not is_public or recipe.flow is Flow.SERVICE
    else:
        assert asks is (recipe.ground.value == "server")


def test_every_template_has_its_recipe() -> None:
    assert {path.stem for path in SNIPPETS.iterdir()} == {recipe.name for recipe in RECIPES}
    assert all((SNIPPETS / f"{recipe.name}.jinja").is_file() for recipe in RECIPES)


SERVERS = ["python", "node", "aspnet", "spring", "go", "php", "curl"]
SIGNS: dict[str, object] = {"token_endpoint_auth_method": AuthMethod.PRIVATE_KEY_JWT}
IMPLICIT = [f"{name}-implicit" for name in ("python", "node", "browser", "aspnet", "curl")]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, SERVERS),
        ({"grant_types": {GrantType.HYBRID}}, SERVERS),
        ({"is_public": True}, ["browser", "ios", "android", "curl"]),
        ({"is_public": True, "redirect_uris": ("org.example:/cb",)}, ["ios", "android", "curl"]),
        ({"is_public": True, "redirect_uris": ("http://127.0.0.1/cb",)}, ["browser", "curl"]),
        ({"grant_types": {GrantType.IMPLICIT}}, IMPLICIT),
        ({"grant_types": {GrantType.IMPLICIT}, "is_public": True}, IMPLICIT),
        ({"grant_types": {GrantType.IMPLICIT}, "redirect_uris": ("org.example:/cb",)}, ["curl-implicit"]),
        ({"grant_types": {GrantType.IMPLICIT, GrantType.AUTHORIZATION_CODE}}, SERVERS),
        ({"grant_types": {GrantType.IMPLICIT, GrantType.HYBRID}}, SERVERS),
        ({"scopes": ("profile",)}, []),
        ({"grant_types": {GrantType.DEVICE_CODE}, "is_public": True}, ["curl-device"]),
        (
            {"grant_types": {GrantType.CLIENT_CREDENTIALS}, "scopes": ("agency_api",)},
            [f"{name}-service" for name in ("python", "node", "dotnet", "spring", "go", "php", "curl")],
        ),
        (SIGNS, ["node-signed"]),
        (
            {**SIGNS, "grant_types": {GrantType.CLIENT_CREDENTIALS}, "scopes": ("agency_api",)},
            ["node-signed-service", "python-signed-service"],
        ),
    ],
)
def test_a_client_is_offered_what_suits_its_grants_and_kind(
    changes: dict[str, object], names: list[str]
) -> None:
    client = build_client(changes=changes)
    assert [recipe.name for recipe in list_fitting(client)] == names
    assert all(check_recipe(client, each, is_strict=False) for each in RECIPES if each.name not in names)


def test_a_strict_instance_is_for_programs_with_a_key() -> None:
    signing = build_client(changes=SIGNS)
    assert [recipe.name for recipe in list_fitting(signing, is_strict=True)] == ["node-signed"]
    for changes in ({}, {"is_public": True}, {"grant_types": {GrantType.IMPLICIT}}):
        assert list_fitting(build_client(changes=changes), is_strict=True) == []
    unfit = build_client(changes={**SIGNS, "redirect_uris": ("http://localhost:5001/cb",)})
    faults = [
        check_recipe(unfit, recipe, is_strict=True) for recipe in RECIPES if recipe.name == "node-signed"
    ]
    assert "http://127.0.0.1" in str(faults)


@pytest.mark.parametrize("method", [AuthMethod.PRIVATE_KEY_JWT, AuthMethod.CLIENT_SECRET_JWT])
def test_a_client_that_signs_is_offered_no_program_that_sends_a_secret(method: AuthMethod) -> None:
    client = build_client(changes={"token_endpoint_auth_method": method})
    assert all(recipe.signs for recipe in list_fitting(client))
    faults = {recipe.name: str(check_recipe(client, recipe, is_strict=False)) for recipe in RECIPES}
    assert all("signs instead" in faults[name] for name in SERVERS)
    # What would not suit it otherwise either is told for its own reason.
    assert "lacks the grant type" in faults["curl-service"]
