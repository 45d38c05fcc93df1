"""How long what is not a current sample is kept."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """`past`: what samples were before they were changed or deleted, and so how old a bookmark may be; `snapshot`: the
    results of the two-step query, which rest on it; `export`: finished exports."""

    past: timedelta = timedelta(days=90)
    snapshot: timedelta = timedelta(days=30)
    export: timedelta = timedelta(days=7)
