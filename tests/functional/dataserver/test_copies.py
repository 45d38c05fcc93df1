"""Whatever is written, corrected, deleted, asked and followed, in whatever order, against a model in memory."""

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.samples import Body, create_body
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.test_changes import Copy

NAMES = ("a", "b", "c", "d")
Values = dict[str, float]
State = dict[str, tuple[str, float]]
TYPES = ("body_mass", "height")


class Machine:
    """The model is what is stored now, by the client's id: type and value. Versions only ever go up, so every write is
    taken, after a deletion too."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.version = 0
        self.now: State = {}
        self.snapshots: list[tuple[str, State]] = []
        self.copies = [Copy(program, 1), Copy(program, 2, types="body_mass"), Copy(program, 1000)]

    def _create(self, name: str, type_: str) -> Body:
        self.version += 1
        return create_body(type_, self.version, clientAssignedId=name, version=self.version)

    async def write(self, names: list[str], type_: str) -> None:
        bodies = [self._create(name, type_) for name in names]
        answer = await self.program.write(bodies)
        assert answer.status_code == 200, answer.text
        self.now |= {body["clientAssignedId"]: (type_, body["quantityValue"]) for body in bodies}

    async def correct(self, name: str, type_: str) -> None:
        body = self._create(name, type_)
        answer = await self.program.correct(name, body)
        assert answer.status_code == (200 if name in self.now else 404), answer.text
        if name in self.now:
            self.now[name] = type_, body["quantityValue"]

    async def delete(self, name: str) -> None:
        answer = await self.program.delete(name)
        assert answer.status_code == (204 if name in self.now else 404), answer.text
        self.now.pop(name, None)

    async def snap(self) -> None:
        answer = await self.program.http.post("/query/v1", headers=self.program.headers)
        assert answer.json()["NumberOfResults"] == len(self.now)
        self.snapshots.append((answer.json()["Key"], dict(self.now)))

    async def follow(self, number: int) -> None:
        copy = self.copies[number]
        await copy.follow()
        types = copy.query.get("types", TYPES)
        assert copy.values == {name: value for name, (type_, value) in self.now.items() if type_ in types}

    async def check(self) -> None:
        for key, state in self.snapshots:
            answer = await self.program.http.get(
                "/query/v1", params={"key": key}, headers=self.program.headers
            )
            assert read_state(answer.json()) == state
        page = (await self.program.read("take=1000")).json()
        assert read_state(page["datas"]) == self.now
        assert page["totalAvailable"] == len(self.now)
        for number in range(len(self.copies)):
            await self.follow(number)


def read_state(datas: list[dict[str, Any]]) -> State:
    return {each["clientAssignedId"]: (each["type"], each["quantityValue"]) for each in datas}


Step = Callable[[Machine], Awaitable[None]]
names = st.sampled_from(NAMES)
types = st.sampled_from(TYPES)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda some, type_: lambda machine: machine.write(some, type_),
        st.lists(names, min_size=1, max_size=3, unique=True),
        types,
    ),
    st.builds(lambda name, type_: lambda machine: machine.correct(name, type_), names, types),
    st.builds(lambda name: lambda machine: machine.delete(name), names),
    st.just(lambda machine: machine.snap()),
    st.builds(lambda number: lambda machine: machine.follow(number), st.integers(0, 2)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=3, max_size=16))
async def test_copies_and_snapshots_agree_with_what_was_done(program: Program, done: list[Step]) -> None:
    machine = Machine(program.become_other())
    for step in done:
        await step(machine)
    await machine.check()
