"""The flows that the benchmark measures: they go through at the real server."""

import asyncio

import pytest

from benchmarks import latency
from benchmarks.borvo_provider import seed_provider, with_jwt
from benchmarks.flows import STEPS, Visitor
from benchmarks.http_client import Client
from benchmarks.instance import run_on


async def visit(visitor: Visitor) -> dict[str, tuple[str, str]]:
    """The access token and the refresh token after each step."""
    held = {}
    try:
        await visitor.prepare()
        held["prepare"] = (visitor.access_token, visitor.refresh_token)
        for name, step in STEPS.items():
            await step(visitor)
            held[name] = (visitor.access_token, visitor.refresh_token)
        return held
    finally:
        await visitor.client.close()


def take_all_steps(database_url: str) -> dict[str, tuple[str, str]]:
    with run_on(database_url) as instance:
        provider = seed_provider(instance, 1)
        visitor = Visitor(provider, provider.emails[0], Client(provider.host, provider.port))
        return asyncio.run(visit(visitor))


async def test_a_visitor_can_take_every_step_and_the_next_one_after_it(database_url: str) -> None:
    held = await asyncio.to_thread(take_all_steps, database_url)
    assert all(held["prepare"])
    assert held["introspection"] == held["prepare"]
    # A refresh, and a code, give new tokens of both kinds.
    tokens = [held["prepare"], held["refresh"], held["code flow: authorize, token, user info"]]
    assert all(len(set(kind)) == 3 for kind in zip(*tokens, strict=True))


async def test_servers_take_turns_and_each_is_first_of_a_round(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "CONNECTIONS", 2)
    monkeypatch.setattr(latency, "STEPS", {"user info": _note_turn})
    turns: list[str] = []
    monkeypatch.setattr(f"{__name__}.TURNS", turns)
    figures = await asyncio.to_thread(measure_two, database_url)
    first, second = figures
    assert {name: len(rounds) for name, rounds in figures.items()} == {first: 2, second: 2}
    assert [name for name, before in zip(turns, ["", *turns], strict=False) if name != before] == [
        first,
        second,
        first,
    ]


TURNS: list[str] = []


async def _note_turn(visitor: Visitor) -> None:
    TURNS.append(visitor.provider.name)
    await visitor.call_userinfo()


def measure_two(database_url: str) -> dict[str, list[latency.Figures]]:
    async def settle() -> None:
        pass

    with run_on(database_url) as instance:
        provider = seed_provider(instance, 2)
        both = [provider, with_jwt(provider)]
        return asyncio.run(latency.measure_by_turns(both, 0.05, 2, settle))["user info"]
