"""The recipe for a new sample type, followed: one row, and every place that shows types has it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CHECK = """
import json, sys
import borvo
from borvo.catalogue.scopes import group_scopes, list_consent_lines, map_scopes
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.description import _TYPE
from borvo.dataserver.rules import check_samples
from borvo.dataserver.type_listing import render_types
from scripts.generate_reference import PAGES

row = json.loads(sys.argv[1])
name, scope = row["type"], row["read_scope"]
assert sys.argv[2] in borvo.__file__, borvo.__file__
assert row["write_scope"] in map_scopes()
assert any(scope == words.scope for words in group_scopes()["Fitness Quantity"])
(line,) = list_consent_lines([scope])
assert (line.sentence, line.about) == ("read your walking speed", row["about"])
assert name in _TYPE.enum
assert json.loads(render_types()[0])["types"][-1]["type"] == name
dates = {"lowerBound": "2024-01-01T00:00:00Z", "upperBound": "2024-01-01T00:00:00Z"}
bodies, misread = parse_samples(json.dumps([{"type": name, "quantityValue": 1, "dateRange": dates}]).encode())
assert check_samples(bodies)[1] == misread == []
assert f"`{name}`" in PAGES["docs/reference/scopes.md"]()
assert row["healthkit"] in PAGES["docs/reference/sample-types.md"]()
"""


def test_a_row_is_all_that_a_new_type_needs(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/add-a-sample-type.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n\s*(.+)\n\s*```", page)
    assert found
    members = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", page, re.MULTILINE))))
    copy = tmp_path / "borvo"
    shutil.copytree(ROOT / "src/borvo", copy, ignore=shutil.ignore_patterns("built", "__pycache__"))
    catalogue = copy / "catalogue/sample_types.json"
    rows = json.loads(catalogue.read_text(encoding="utf-8"))
    assert set().union(*rows) == members
    catalogue.write_text(json.dumps([*rows, json.loads(found[1])]), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _CHECK, found[1], str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
