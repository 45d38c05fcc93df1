"""The OpenAPI document says what the protocol's addresses take and answer, and Schemathesis holds them to it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode

import borvo.identity
from borvo.assembly import Platform, build_litestar
from borvo.identity.description import FIELDS
from borvo.portal.public import InitialTerms, make_initial_token_by_support
from borvo.web.forms import FORM_MEDIA_TYPE
from tests.functional.dataserver.test_description import create_cases
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.protocol import ANSWERS, list_addresses

_METHODS = ("get", "post", "put", "delete")
TAG = "IdentityServer"


def list_operations(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (path, method)
        for path, item in document["paths"].items()
        for method in _METHODS
        if TAG in item.get(method, {}).get("tags", ())
    ]


@pytest.fixture
async def document(http: httpx.AsyncClient) -> Any:
    return (await http.get("/openapi.json")).json()


def test_every_address_of_the_protocol_is_described(platform: Platform, document: Any) -> None:
    known = {
        (path.replace(":str}", "}"), method.lower())
        for path, methods in list_addresses(build_litestar(platform))
        for method in methods - {"OPTIONS"}
        if path not in ANSWERS
    }
    assert {*list_operations(document)} == known
    assert len(known) > 10


def test_every_field_that_is_described_is_read() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in Path(str(borvo.identity.__file__)).parent.rglob("*.py")
        if path.name != "description.py"
    )
    unread = [name for name in FIELDS if f'"{name}"' not in source]
    assert [name for name in unread if not FIELDS[name].startswith("Ignored")] == []


async def send(handler: Handler, case: Any, token: str) -> httpx.Response:
    if case.media_type == "application/json":
        # By a token that works, so that what is sent is looked at.
        sent = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        headers = {"Content-Type": case.media_type, "Authorization": f"Bearer {token}"}
        return await handler.http.request(case.method, case.formatted_path, content=sent, headers=headers)
    query = urlencode(flatten(case.query or {}), errors="surrogatepass")
    content = case.body if isinstance(case.body, bytes) else None
    if content is None and not isinstance(case.body, NotSet):
        fields = case.body if isinstance(case.body, dict) else {"": case.body}
        content = urlencode(flatten(fields), errors="surrogatepass").encode()
    return await handler.http.request(
        case.method,
        f"{case.formatted_path}?{query}",
        content=content,
        headers={"Content-Type": FORM_MEDIA_TYPE},
    )


def flatten(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    ]


def check(case: Any, answer: httpx.Response) -> None:
    assert answer.status_code < 500, (case.method, str(answer.request.url), case.body, answer.text)
    responses = case.operation.definition.raw["responses"]
    assert str(answer.status_code) in responses, (case.method, case.path, case.body, answer.text)
    described = responses[str(answer.status_code)].get("content", {})
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if answer.content and described:
        assert media_type in described, (case.method, case.path, case.body)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_every_answer_is_one_that_is_described(
    platform: Platform, handler: Handler, document: Any, mode: GenerationMode
) -> None:
    terms = InitialTerms("schemathesis", 7, 1000)
    token = (await make_initial_token_by_support(platform.portal, "demo", terms)).reveal()
    description = schemathesis.openapi.from_dict(document)
    operations = list_operations(document)
    cases = [
        case
        for path, method in operations
        for case in create_cases(description[path][method].as_strategy(generation_mode=mode))
    ]
    assert {case.path for case in cases} >= {"/connect/token", "/connect/authorize", "/connect/par"}
    for case in cases:
        check(case, await send(handler, case, token))
