"""Writing beside what was deleted before."""

import re
from uuid import uuid4

from borvo.assembly import Platform
from borvo.dataserver import write_statements
from borvo.dataserver.ageing.model import DEFAULT_PART
from borvo.dataserver.public import age_past
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.test_ageing import delete_in_turn, list_parts, patience
from tests.functional.dataserver.two_steps import name

__all__ = ["patience"]


async def test_beside_tombstones_what_has_no_id_or_another_one_is_stored(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    await age_past(platform.dataserver)
    await delete_in_turn(program, platform, clock, 5, 40)
    bare = {key: value for key, value in name("", 1).items() if key != "clientAssignedId"}
    answer = await program.write([name("0", 1), bare, name("1", 1), name("new", 1), bare])
    told = [each["status"] for each in answer.json()["samples"]]
    assert told == ["deleted", "created", "deleted", "created", "created"]
    assert (await program.write([bare])).json()["samples"][0]["status"] == "created"


_FILL = """
insert into sample_past (person_id, id, position, type_code, start_at, end_at, created_at, client_key,
                         client_assigned_id, created_position, changed_position, ended_position, ended_at, is_deleted)
select p.id, gen_random_uuid(), 0, 1, $1, $1, $1, $2, gen_random_uuid()::text, n, n, n + 1, $1, true
from (select gen_random_uuid() as id, case number when 1 then 2000 else 3 end as each
      from generate_series(1, 2000) number) p cross join lateral generate_series(1, p.each) n
"""


async def test_a_write_looks_for_its_own_tombstones_and_reads_no_others(
    platform: Platform, clock: TestClock
) -> None:
    """Although most people have few."""
    await age_past(platform.dataserver)
    (part,) = await list_parts(platform)
    async with platform.database.connection() as connection:
        for ended_at in (clock(), part.start):
            await connection.execute(_FILL, ended_at, uuid4())
        await connection.execute("analyze sample_past")
        for statement in (write_statements.ADD[False], write_statements.FIND_PRESENT):
            await connection.execute(f"prepare looked_at as {statement}")
            values = ", ".join(["null"] * len({*re.findall(r"\$\d+", statement)}))
            plan = [row[0] for row in await connection.fetch(f"explain execute looked_at ({values})")]
            await connection.execute("deallocate looked_at")
            for table in (DEFAULT_PART, part.name):
                (line,) = [number for number, text in enumerate(plan) if f" on {table} " in text]
                assert "client_assigned_id = ANY" in plan[line + 1], "\n".join(plan[line - 3 : line + 4])
