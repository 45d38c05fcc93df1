"""How pages are made of the templates that features bring."""

import os
from pathlib import Path

from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from borvo.web.static_files import static_url


def configure_templates(package: Path) -> TemplateConfig[JinjaTemplateEngine]:
    """Templates are found in each feature below the package."""
    directories: list[Path | os.PathLike[str] | str] = [*sorted(package.glob("*/templates"))]

    def register(engine: JinjaTemplateEngine) -> None:
        engine.engine.globals["static_url"] = static_url
        engine.engine.trim_blocks = True
        engine.engine.lstrip_blocks = True

    return TemplateConfig(directory=directories, engine=JinjaTemplateEngine, engine_callback=register)
