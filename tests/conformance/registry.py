"""The modules under their official names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.conformance.trial import Trial

Run = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True)
class Module:
    """`is_fresh`: its browser has never been at the provider. `registers`: it makes its clients itself."""

    run: Run
    is_fresh: bool
    registers: bool


MODULES: dict[str, Module] = {}


def module(*names: str, is_fresh: bool = False, registers: bool = False) -> Callable[[Run], Run]:
    """Says that the function is what these modules do."""

    def note(run: Run) -> Run:
        for name in names:
            assert name not in MODULES
            MODULES[name] = Module(run, is_fresh, registers)
        return run

    return note
