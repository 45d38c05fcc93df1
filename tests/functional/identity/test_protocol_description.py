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
from borvo.assembly import Platform
from borvo.identity.description import FIELDS
from borvo.portal.public import create_tenancy
from borvo.web.forms import FORM_MEDIA_TYPE
from tests.functional.application import register_handlers
from tests.functional.browser import Browser
from tests.functional.dataserver.test_description import create_cases
from tests.functional.identity.flows import ADA
from tests.functional.identity.protocol import ANSWERS, list_addresses
from tests.functional.portal.registrations import REGISTER, Registrar, create_initial_token

_METHODS = ("get", "post", "put", "delete")
TAGS = {"IdentityServer", "Client registration"}


def list_operations(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (path, method)
        for path, item in document["paths"].items()
        for method in _METHODS
        if TAGS & {*item.get(method, {}).get("tags", ())}
    ]


@pytest.fixture
async def document(http: httpx.AsyncClient) -> Any:
    return (await http.get("/openapi.json")).json()


def test_every_address_of_the_protocol_is_described(platform: Platform, document: Any) -> None:
    known = {
        (path, method.lower())
        for path, methods in list_addresses(register_handlers(platform))
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


@pytest.fixture
async def registrar(platform: Platform, ada: Browser, http: httpx.AsyncClient) -> Registrar:
    await create_tenancy(platform.portal, ADA, "healthorg")
    return Registrar(http, await create_initial_token(ada))


async def send(registrar: Registrar, case: Any) -> httpx.Response:
    headers = {"Content-Type": FORM_MEDIA_TYPE}
    content = case.body if isinstance(case.body, bytes) else None
    if case.path.startswith(REGISTER):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {registrar.initial_token}"}
        content = content or (None if isinstance(case.body, NotSet) else json.dumps(case.body).encode())
    elif content is None and not isinstance(case.body, NotSet):
        fields = case.body if isinstance(case.body, dict) else {"": case.body}
        content = urlencode(flatten(fields), errors="surrogatepass").encode()
    query = urlencode(flatten(case.query or {}), errors="surrogatepass")
    url = f"{case.formatted_path}?{query}"
    return await registrar.http.request(case.method, url, content=content, headers=headers)


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
    registrar: Registrar, document: Any, mode: GenerationMode
) -> None:
    description = schemathesis.openapi.from_dict(document)
    operations = list_operations(document)
    cases = [
        case
        for path, method in operations
        for case in create_cases(description[path][method].as_strategy(generation_mode=mode))
    ]
    assert {case.path for case in cases} >= {"/connect/token", "/connect/authorize", "/connect/par"}
    for case in cases:
        check(case, await send(registrar, case))
