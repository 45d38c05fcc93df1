"""Writing, correcting and deleting in any order, beside a model in memory."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NamedTuple, TypeVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from borvo.assembly import Platform
from tests.factories.samples import create_body
from tests.functional.dataserver.conftest import Program

T = TypeVar("T")


class Sent(NamedTuple):
    """One sample as it may be sent: few names and values, so that they meet."""

    name: str
    # A number of parts makes it a meal.
    content: tuple[int, int]
    version: int | None

    def render(self) -> dict[str, Any]:
        day, parts = self.content
        members: dict[str, Any] = {
            "clientAssignedId": self.name,
            "version": self.version,
            "start": f"2026-01-0{day}T23:30:00-05:00",
        }
        if not parts:
            return create_body("body_mass", 70, **members)
        children = [create_body("dietary_iron", 0.001, clientAssignedId=f"part-{n}") for n in range(parts)]
        return create_body("food", 0, correlationObjects=children, **members)


SENT = st.builds(
    Sent,
    st.sampled_from(["a", "b/c", "d"]),
    st.tuples(st.integers(1, 3), st.integers(0, 2)),
    st.sampled_from([None, 0, 1, 2, 3]),
)


class Known(NamedTuple):
    content: tuple[int, int]
    version: int | None


State = dict[str, Known]


class Model:
    """What there should be."""

    def __init__(self) -> None:
        self.live: State = {}
        self.tombs: dict[str, int | None] = {}

    def judge(self, sent: Sent) -> str:
        known = self.live.get(sent.name)
        if known is None:
            if sent.name not in self.tombs or is_higher(sent.version, self.tombs[sent.name]):
                return "created"
            return "deleted"
        if known.content == sent.content:
            return "duplicate"
        if is_higher(sent.version, known.version):
            return "replaced"
        is_lower = sent.version is not None and known.version is not None and sent.version < known.version
        return "kept" if is_lower else "conflict"

    def apply(self, sent: Sent, verdict: str) -> None:
        is_raised = verdict == "duplicate" and is_higher(sent.version, self.live[sent.name].version)
        if is_raised or verdict in {"created", "replaced"}:
            self.live[sent.name] = Known(sent.content, sent.version)


def is_higher(version: int | None, other: int | None) -> bool:
    return version is not None and (other is None or version > other)


class Writing(RuleBasedStateMachine):
    """Runs in a thread of its own; the application stays in the loop of the test."""

    def __init__(self, program: Program, platform: Platform, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.program = program.become_other()
        self.platform = platform
        self.loop = loop
        self.model = Model()
        # What there was, by the person's position.
        self.past: dict[int, set[tuple[str, int]]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @rule(batch=st.lists(SENT, min_size=1, max_size=4, unique_by=lambda each: each.name))
    def write(self, batch: list[Sent]) -> None:
        verdicts = [self.model.judge(sent) for sent in batch]
        answer = self.run(self.program.write([sent.render() for sent in batch]))
        if "conflict" in verdicts:
            assert answer.status_code == httpx.codes.CONFLICT
            assert len(answer.json()["faults"]) == verdicts.count("conflict")
            return
        assert [each["status"] for each in answer.json()["samples"]] == verdicts
        for sent, verdict in zip(batch, verdicts, strict=True):
            self.model.apply(sent, verdict)

    @rule(sent=SENT)
    def correct(self, sent: Sent) -> None:
        known = self.model.live.get(sent.name)
        answer = self.run(self.program.correct(sent.name, sent.render()))
        if known is None:
            assert answer.status_code == httpx.codes.NOT_FOUND
            return
        is_newer = is_higher(sent.version, known.version)
        if sent.content == known.content:
            assert answer.json()["status"] == "duplicate"
        elif sent.version is not None and not is_newer:
            assert answer.status_code == httpx.codes.CONFLICT
            return
        else:
            assert answer.json()["status"] == "replaced"
        self.model.live[sent.name] = Known(sent.content, sent.version if is_newer else known.version)

    @rule(name=st.sampled_from(["a", "b/c", "d"]))
    def delete(self, name: str) -> None:
        answer = self.run(self.program.delete(name))
        known = self.model.live.pop(name, None)
        if known is not None:
            self.model.tombs[name] = known.version
        assert answer.status_code == (httpx.codes.NO_CONTENT if known else httpx.codes.NOT_FOUND)

    @invariant()
    def there_is_what_there_should_be(self) -> None:
        page = self.run(self.program.read("types=body_mass,food")).json()
        expected = {(name, known.content[1]) for name, known in self.model.live.items()}
        found = {(each["clientAssignedId"], len(each["correlationObjects"])) for each in page["datas"]}
        assert found == expected
        assert page["totalAvailable"] == len(expected)
        days = {each["dateRange"]["lowerBound"][9] for each in page["datas"]}
        assert days == {str(known.content[0]) for known in self.model.live.values()}
        self.past[self.run(read_position(self.platform, self.program))] = expected

    def teardown(self) -> None:
        for position, expected in self.past.items():
            assert self.run(read_past(self.platform, self.program, position)) == expected


async def read_position(platform: Platform, program: Program) -> int:
    async with platform.database.connection() as connection:
        person = program.caller.person_id
        return (
            await connection.fetchval("select position from sample_position where person_id = $1", person)
            or 0
        )


async def read_past(platform: Platform, program: Program, position: int) -> set[tuple[str, int]]:
    """What there was at an earlier position: name and number of parts."""
    async with platform.database.connection() as connection:
        rows = await connection.fetch(
            """with known as (
                 select id, position, client_assigned_id from sample where person_id = $1 and changed_position <= $2
                 union all
                 select id, position, client_assigned_id from sample_past
                 where person_id = $1 and changed_position <= $2 and ended_position > $2)
               select max(client_assigned_id) filter (where position = 0), count(*) - 1 from known group by id""",
            program.caller.person_id,
            position,
        )
    return {(row[0], row[1]) for row in rows}


async def test_any_order_of_writing_correcting_and_deleting_is_as_the_model_says(
    program: Program, platform: Platform
) -> None:
    loop = asyncio.get_running_loop()

    class Bound(Writing):
        def __init__(self) -> None:
            super().__init__(program, platform, loop)

    quick = settings(
        max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=[*HealthCheck]
    )
    await asyncio.to_thread(run_state_machine_as_test, Bound, settings=quick)
