"""Whatever the OpenAPI document allows to be sent, the DataServer answers as it describes, and never by a 5xx."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode

from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program

_PROBLEM = "application/problem+json"
Pairs = list[tuple[str, str | int | float | bool | None]]
_METHODS = ("get", "post", "put", "delete")


def list_operations(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (path, method)
        for path, item in document["paths"].items()
        for method in _METHODS
        if "DataServer" in item.get(method, {}).get("tags", ())
    ]


async def load_description(program: Program) -> Any:
    document = (await program.http.get("/openapi.json")).json()
    return document, schemathesis.openapi.from_dict(document)


async def send(program: Program, case: Any) -> httpx.Response:
    headers = {name: value for name, value in (case.headers or {}).items() if _is_sendable(name, value)}
    body: dict[str, Any] = {}
    if not isinstance(case.body, NotSet):
        content = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
        body = {"content": content}
        headers.setdefault("Content-Type", case.media_type or "application/json")
    return await program.http.request(
        case.method,
        case.formatted_path,
        params=httpx.QueryParams(_flatten(case.query or {})),
        headers={**headers, **program.headers},
        **body,
    )


def _is_sendable(name: str, value: object) -> bool:
    """The client refuses to send others."""
    return name.isascii() and isinstance(value, str) and value.isascii() and value.isprintable()


def _flatten(query: Mapping[str, Any]) -> Pairs:
    pairs = [(name, each) for name, value in query.items() for each in _list(value)]
    return [(name, str(value).encode("utf-8", "replace").decode()) for name, value in pairs]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check(case: Any, answer: httpx.Response) -> None:
    assert answer.status_code < 500, (case.method, str(answer.request.url), case.body, answer.text)
    described = {str(status) for status in case.operation.definition.raw["responses"]}
    assert str(answer.status_code) in described | {"404", "405"}, (
        case.method,
        answer.request.url,
        answer.text,
    )
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == _PROBLEM
        assert answer.json()["status"] == answer.status_code


def create_cases(strategy: Any) -> list[Any]:
    """A few requests that this operation's description allows (or, in the negative mode, does not; there are none where
    nothing can be sent)."""
    cases: list[Any] = []

    @settings(max_examples=3, database=None, suppress_health_check=[*HealthCheck])
    @given(strategy)
    def gather(case: Any) -> None:
        cases.append(case)

    with contextlib.suppress(Unsatisfiable):
        gather()
    return cases


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_no_request_is_answered_by_a_fault_of_ours(program: Program, mode: GenerationMode) -> None:
    await program.write([create_blood_pressure(), create_body()])
    document, description = await load_description(program)
    cases = [
        case
        for path, method in list_operations(document)
        for case in create_cases(description[path][method].as_strategy(generation_mode=mode))
    ]
    asked = {(case.method, case.path) for case in cases}
    untouched = {(method.upper(), path) for path, method in list_operations(document)} - asked
    assert untouched <= ({("GET", "/sample/v1/types")} if mode is GenerationMode.NEGATIVE else set())
    for case in cases:
        check(case, await send(program, case))


async def test_every_address_of_the_contract_is_described(program: Program) -> None:
    document, _ = await load_description(program)
    paths = {path for path, _ in list_operations(document)}
    assert {"/sample/v1", "/sample/v1/types", "/api/sample", "/sample", "/query/v1/sample"} <= paths
