"""The pictures in the docs say what the code does."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def test_the_pictures_of_the_desk_are_up_to_date() -> None:
    drawing = _module(ROOT / "tools" / "draw_desk.py")
    document = (ROOT / "docs" / "desk.md").read_text("utf-8")

    assert drawing.renewed(document) == document
    assert "asked --> acknowledged" in document
    assert "offered --> accepted" in document


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
