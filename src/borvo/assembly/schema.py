"""The tables of every feature. The SQL of features is text, so nothing else loads them."""

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData

import borvo
from borvo.storage import schema


def load_metadata() -> MetaData:
    """The whole schema, as the code describes it."""
    for module in pkgutil.walk_packages(borvo.__path__, "borvo."):
        if module.name.endswith(".tables"):
            import_module(module.name)
    if not schema.metadata.tables:
        raise RuntimeError("tables were not found")
    return schema.metadata
