"""The two-step query of one's own samples."""

from typing import Any

import httpx

from tests.factories.samples import create_body
from tests.functional.dataserver.conftest import Program


async def ask(program: Program, query: str = "types=body_mass", path: str = "/query/v1", **given: Any) -> Any:
    answer = await program.http.post(f"{path}?{query}", headers=program.headers, **given)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fetch(program: Program, key: str, path: str = "/query/v1", **page: Any) -> httpx.Response:
    return await program.http.get(path, params={"querykey": key, **page}, headers=program.headers)


async def fetch_values(program: Program, key: str, **page: Any) -> list[float]:
    return [each["quantityValue"] for each in (await fetch(program, key, **page)).json()]


def name(id_: str, value: float, **members: Any) -> dict[str, Any]:
    return create_body("body_mass", value, clientAssignedId=id_, **members)
