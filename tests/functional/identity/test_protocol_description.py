"""The OpenAPI document says what the protocol's addresses take and answer, and Schemathesis holds them to it."""

import json
from collections.abc import Mapping
from itertools import product
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
from borvo.web.forms import FORM_MEDIA_TYPE
from tests.functional.dataserver.test_description import create_cases
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.protocol import ANSWERS, list_addresses
from pathlib import Path

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
        (path, method.lower())
        for path, methods in list_addresses(build_litestar(platform))
        for method in methods - {"OPTIONS"}
        if path not in ANSWERS
    }
    assert {each for each in list_operations(document) if not each[0].startswith("/account")} == known
    assert len(known) > 10


def test_every_field_that_is_described_is_read() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in Path(str(borvo.identity.__file__)).parent.rglob("*.py")
        if path.name != "description.py"
    )
    # What the protocol library reads for us.
    by_library = {"grant_type", "code_verifier", "client_secret"}
    assert [name for name in FIELDS if f'"{name}"' not in source and name not in by_library] == []
