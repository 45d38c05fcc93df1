"""What a worker has done before it answers anything."""

import base64
import subprocess
import sys

from tests.processes import inherit_environment

_SCRIPT = """
from borvo.assembly.entry import create_app
from borvo.languages.catalogues import TAGS, load_catalogue
app = create_app()
before = load_catalogue.cache_info().misses
for tag in TAGS:
    load_catalogue(tag)
print(len(TAGS), before, load_catalogue.cache_info().misses)
"""


def test_a_worker_has_read_all_languages_before_it_answers() -> None:
    """Reading one takes longer than anybody's request may keep all others waiting."""
    own = {
        "BORVO_ISSUER": "http://localhost:8000",
        "BORVO_DATABASE_URL": "postgresql://localhost/none",
        "BORVO_SECRET_KEY": base64.b64encode(bytes(32)).decode(),
    }
    said = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _SCRIPT],
        env=inherit_environment(own),
        capture_output=True,
        text=True,
        check=True,
    )
    languages, before, after = map(int, said.stdout.split())
    assert before == after == languages > 1
