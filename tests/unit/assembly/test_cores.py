"""Cores that a cgroup takes away again, over made-up trees of files."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import borvo
from borvo.assembly.cores import count_cores, limit_cores

NONE = "max 100000"
NO_GROUPS: Mapping[str, str] = {}


def lay_out(root: Path, groups: str, files: Mapping[str, str]) -> Path:
    """With this list of the process's cgroups; files by their name below `sys/fs/cgroup`."""
    written = {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{name}": text for name, text in files.items()}}
    for name, text in written.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        pytest.param("0::/", NO_GROUPS, 64, id="a whole machine"),
        pytest.param("0::/", {"cpu.max": "200000 100000"}, 2, id="a container with a view of its own"),
        pytest.param("0::/docker/one", {"docker/one/cpu.max": "200000 100000"}, 2, id="its machine's view"),
        pytest.param(
            "0::/docker/one", {"cpu.max": "300000 100000"}, 3, id="its machine's name, its own view"
        ),
        pytest.param("0::/a/b", {"a/cpu.max": "400000 100000", "a/b/cpu.max": NONE}, 4, id="above"),
        pytest.param(
            "0::/a/b", {"a/cpu.max": "400000 100000", "a/b/cpu.max": "900000 100000"}, 4, id="less above"
        ),
        pytest.param(
            "0::/a/b", {"a/cpu.max": "400000 100000", "a/b/cpu.max": "150000 50000"}, 3, id="less below"
        ),
        pytest.param("0::/a", {"a/cpu.max": NONE}, 64, id="no quota"),
        pytest.param("0::/a", {"a/cpu.max": "150000 100000"}, 2, id="one and a half"),
        pytest.param("0::/a", {"a/cpu.max": "1000 100000"}, 1, id="a hundredth"),
        pytest.param("0::/a", {"a/cpu.max": "0 100000"}, 1, id="nothing"),
        pytest.param("0::/a", {"a/cpu.max": "9900000 100000"}, 64, id="more than there are"),
        pytest.param("0::/a", {"b/cpu.max": "100000 100000"}, 64, id="somebody else's"),
        pytest.param("0::/../b", {"b/cpu.max": "100000 100000"}, 64, id="out of sight"),
        pytest.param("0::/a:b", {"a:b/cpu.max": "100000 100000"}, 1, id="a colon in its name"),
        pytest.param(
            "4:memory:/m\n3:cpu,cpuacct:/one\n0::/",
            {"cpu/one/cpu.cfs_quota_us": "250000", "cpu/one/cpu.cfs_period_us": "100000"},
            3,
            id="version 1",
        ),
        pytest.param(
            "2:cpu:/",
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
            64,
            id="version 1, no quota",
        ),
        pytest.param(
            "3:cpu,cpuacct:/one",
            {
                "cpu,cpuacct/one/cpu.cfs_quota_us": "250000",
                "cpu,cpuacct/one/cpu.cfs_period_us": "100000",
            },
            3,
            id="version 1, without a folder of its own",
        ),
        pytest.param(
            "3:cpuacct,cpu:/",
            {"cpu,cpuacct/cpu.cfs_quota_us": "250000", "cpu,cpuacct/cpu.cfs_period_us": "100000"},
            3,
            id="version 1, the controllers in another order",
        ),
        pytest.param(
            "2:cpuset:/one",
            {"cpu/one/cpu.cfs_quota_us": "1000", "cpu/one/cpu.cfs_period_us": "1000"},
            64,
            id="version 1, another controller",
        ),
    ],
)
def test_a_quota_takes_cores_away(tmp_path: Path, groups: str, files: Mapping[str, str], cores: int) -> None:
    assert limit_cores(64, lay_out(tmp_path, groups, files)) == cores


ENDLESS = "1" * 5000


@pytest.mark.parametrize(
    "text",
    ["", "max", "100000", "100000 0", "many 100000", "-1 100000", "1.5 1", f"1 {ENDLESS}", f"{ENDLESS} 1"],
)
def test_what_cannot_be_read_takes_none_away(tmp_path: Path, text: str) -> None:
    assert limit_cores(8, lay_out(tmp_path, "no such line\n0::/", {"cpu.max": text})) == 8


@pytest.mark.parametrize("group", ["0::/a\0b", "2:cpu:/a\0b", "2:cpu,\0:/a"])
def test_a_name_that_no_folder_has_takes_none_away(tmp_path: Path, group: str) -> None:
    assert limit_cores(8, lay_out(tmp_path, group, {"cpu.max": NONE})) == 8


def test_a_machine_without_cgroups_has_its_cores(tmp_path: Path) -> None:
    assert limit_cores(8, tmp_path) == 8


def test_this_process_has_a_core_and_no_more_than_it_may_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_cores() >= 1
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {5})
    assert count_cores() == 1


def test_cores_are_counted_in_one_place() -> None:
    source = Path(borvo.__file__).parent
    counting = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if any(word in path.read_text() for word in ("sched_getaffinity", "cpu_count"))
    }
    assert counting == {"assembly/cores.py"}
