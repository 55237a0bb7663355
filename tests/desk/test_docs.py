"""The pictures in the docs say what the code does."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def test_the_pictures_of_the_desk_are_up_to_date() -> None:
    drawing = _module(ROOT / "tools" / "draw_desk.py")
    document = (ROOT / "docs" / "desk.md").read_text("utf-8")

    assert drawing.renewed(document) == document


def test_the_pictures_hold_what_the_desk_promises() -> None:
    pictures = _module(ROOT / "tools" / "draw_desk.py").pictures()
    ticket, referral = (set(pictures[name].splitlines()) for name in ("ticket", "referral"))

    assert "    acknowledged --> asked: release (staff), says no (person), time passes, who had it leaves" in ticket
    assert "    talking --> asked: release (staff), says no (person), time passes, who had it leaves" in ticket
    assert "    closed --> [*]: erased (person), time passes" in ticket
    assert not any(way.endswith("closed: time passes") for way in ticket), "nothing is closed by itself"
    assert "    asking --> offered: says yes (person)" in referral
    assert "    offered --> lapsed: time passes" in referral
    assert not any(way.startswith("    none --> offered") for way in referral), "nothing goes before the person agreed"


def test_no_label_holds_what_mermaid_reads_as_something_else() -> None:
    for picture in _module(ROOT / "tools" / "draw_desk.py").pictures().values():
        for line in picture.splitlines()[2:]:
            assert line.count(":") == 1
            assert ";" not in line


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
