"""The tables of every feature. The SQL of features is text, so nothing else loads them."""

from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData

import borvo
from borvo.storage import kept_keys, marks, schema

_SOURCE = Path(borvo.__file__).parent


def load_metadata() -> MetaData:
    for path in sorted(_SOURCE.rglob("tables.py")):
        import_module(".".join(("borvo", *path.relative_to(_SOURCE).with_suffix("").parts)))
    # Those that belong to no feature.
    assert {kept_keys.kept_key.name, marks.database_mark.name} <= schema.metadata.tables.keys()
    return schema.metadata
