"""How many cores this process may use: a container that is limited to two sees all of its machine's."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = "sys/fs/cgroup"
_NUMBER = re.compile("[0-9]{1,18}")


def count_cores() -> int:
    """Where it may run, or less where it may not run all the time. What is begun for each core asks here."""
    return limit_cores(len(os.sched_getaffinity(0)), Path("/"))


def limit_cores(cores: int, root: Path) -> int:
    """The cores, or what the quotas of this process's cgroup and of those above it leave of them, rounded up; 1 at
    least. Below `root` lie `proc` and `sys`. A quota that cannot be read counts as none."""
    return max(1, min([cores, *_list_quotas(root)]))


def _list_quotas(root: Path) -> Iterator[int]:
    """In cores, rounded up. A line of the list reads `0::PATH` in version 2, and `NUMBER:CONTROLLERS:PATH` in 1."""
    for line in _read(root / "proc/self/cgroup").split("\n"):
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if "cpu" in controllers.split(","):
            # Where it is mounted with another, a link named `cpu` is usual and no more; nor is the order of the two.
            for name in {"cpu", "cpu,cpuacct", controllers}:
                for folder in _ascend(root / _GROUPS / name, path):
                    quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
                    yield from _divide(quota, period)
        elif line.startswith("0::"):
            for folder in _ascend(root / _GROUPS, path):
                quota, _, period = _read(folder / "cpu.max").partition(" ")
                yield from _divide(quota, period)


def _ascend(mount: Path, path: str) -> Iterator[Path]:
    """The folder of the cgroup and of all above it. What a container does not see of them is not there; then the mount
    is its own."""
    parts = PurePosixPath(path).parts[1:]
    return (mount.joinpath(*parts[:length]) for length in range(len(parts), -1, -1))


def _divide(quota: str, period: str) -> Iterator[int]:
    """Nothing for `max`, for -1, which say that there is no quota, and for what is no number, or none of a kernel's."""
    if _NUMBER.fullmatch(quota) and _NUMBER.fullmatch(period) and int(period):
        yield -(-int(quota) // int(period))


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="surrogateescape").strip()
    except (OSError, ValueError):
        # ValueError: no file has a name with a NUL in it.
        return ""
