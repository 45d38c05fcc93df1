"""The two-step query by an agent: asked with a query token, fetched by key."""

from typing import Any

import httpx

from tests.functional.agency.scenes import PATIENT, Stage, weigh, write

Headers = dict[str, str]
WEIGHTS = "types=body_mass"


async def post(
    stage: Stage, headers: Headers, token: str, query: str = WEIGHTS, **given: Any
) -> httpx.Response:
    sent = {**headers, "agency-query-token": token}
    return await stage.http.post(f"/query/v1?{query}", headers=sent, **given)


async def ask(stage: Stage, headers: Headers, query: str = WEIGHTS, *subjects: str) -> dict[str, Any]:
    token = await stage.query_token(headers, *subjects, is_all=not subjects)
    answer = await post(stage, headers, token, query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def fetch(stage: Stage, headers: Headers, key: str, **page: Any) -> httpx.Response:
    return await stage.http.get("/query/v1", params={"querykey": key, **page}, headers=headers)


async def fetch_values(stage: Stage, headers: Headers, key: str, **page: Any) -> list[tuple[str, float]]:
    answer = await fetch(stage, headers, key, **page)
    assert answer.status_code == 200, answer.text
    return [(each["subject"], each["quantityValue"]) for each in answer.json()]


async def share_weights(stage: Stage) -> tuple[Headers, str]:
    """An agent's headers, and the subject of a person with one weight."""
    headers = await stage.start_agent()
    subject = await stage.share(headers, requestedScopes=["read.body_mass", "read.height"])
    await write(stage, PATIENT, {**weigh(1, 60.0), "clientAssignedId": "a"})
    return headers, subject
