"""What README.md tells people to type, set and read is there."""

import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.settings import NAMES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"`\.venv/bin/waymark ([^`]+)`", README)))


def chapter(title: str) -> str:
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_is_to_be_typed_can_be_typed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])

    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert {option for option in command.split() if option.startswith("--") and option not in shown} == set()


def test_whoever_sets_up_a_helpline_finds_each_step() -> None:
    steps = chapter("Helplines and staff")

    typed = ("helpline link", "staff invite", "staff remove", "waymark doctor", "waymark check", "content pull")
    for wanted in (*typed, "helplines.yaml", "`relay`", "`alert`", "WAYMARK_ALARM_", "WAYMARK_WATCH_URL"):
        assert wanted in steps
    for page in ("docs/desk.md", "docs/phrasebook.md"):
        assert f"]({page})" in steps


def test_every_page_that_is_linked_is_there() -> None:
    for page in re.findall(r"\]\(((?!https?:)[^)#]+)", README):
        assert (ROOT / page).exists(), page


def test_every_setting_is_listed_and_none_that_is_not_one() -> None:
    listed = set(re.findall(r"`(WAYMARK_[A-Z_]*[A-Z])`", chapter("Settings")))
    assert listed == NAMES
