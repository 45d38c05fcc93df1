"""Bodies in their forms: arrays, lines, compressed."""

import gzip
import json
import sys

import pytest

from borvo.dataserver.submission import BODY_LIMIT
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINES = {"Content-Type": "application/x-ndjson"}


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["application/json; charset=utf-8", "application/x-ndjson"])
async def test_a_batch_is_stored_in_whatever_form_it_comes(program: Program, form: str, coding: str) -> None:
    bodies = [create_body(), create_blood_pressure()]
    text = json.dumps(bodies) if "x-nd" not in form else "\n".join(json.dumps(body) for body in bodies)
    content = text.encode()
    sent = {"identity": content, "gzip": gzip.compress(content), "zstd": zstd.compress(content)}
    answer = await program.write(sent[coding], **{"Content-Type": form, "Content-Encoding": coding})
    assert [each["status"] for each in answer.json()["samples"]] == ["created", "created"]
    assert (await program.read()).json()["totalAvailable"] == 2


async def test_the_faults_of_lines_are_named_by_their_number(program: Program) -> None:
    lines = [json.dumps(create_body()), "{", "", json.dumps(create_body("Height"))]
    answer = await program.write("\n".join(lines).encode(), **LINES)
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["faults"]] == ["/1", "/2/type"]
    lenient = await program.write("\n".join(lines).encode(), **LINES, Prefer="handling=lenient")
    assert [each["status"] for each in lenient.json()["samples"]] == ["created", "refused", "refused"]


async def test_a_bomb_is_refused(program: Program) -> None:
    for coding, compress in (("gzip", gzip.compress), ("zstd", zstd.compress)):
        answer = await program.write(compress(b" " * (BODY_LIMIT * 20)), **{"Content-Encoding": coding})
        assert (answer.status_code, answer.json()["title"]) == (413, "Too large")


async def test_what_cannot_be_read_is_refused_with_what_can(program: Program) -> None:
    answer = await program.write(b"[]", **{"Content-Encoding": "br"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, zstd")
    answer = await program.write(b"[]", **{"Content-Type": "text/csv"})
    assert answer.status_code == 415
    assert answer.headers["accept-post"] == "application/json, application/x-ndjson"
    answer = await program.write(b"no gzip", **{"Content-Encoding": "gzip"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["body"])
