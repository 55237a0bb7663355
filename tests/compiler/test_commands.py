import re
from pathlib import Path

from bot.compiler.commands import check, write_editor_schemas
from bot.dialogue.events import Wish
from bot.dialogue.steps import AnswerKind
from bot.dialogue.wording import ENGINE_PHRASES
from tests.compiler.content_builder import HOTLINE, TODAY, TOPIC, write_content

DIALOGUE = Path(__file__).parents[2] / "bot" / "dialogue"


def test_a_check_counts_what_it_looked_at(tmp_path: Path) -> None:
    report = check(write_content(tmp_path), TODAY)

    assert report.problems == ()
    assert report.counts == (
        ("flows", 2),
        ("screens", 2),
        ("topics", 1),
        ("facts", 1),
        ("hotlines", 1),
        ("helplines", 0),
        ("cards", 0),
        ("texts", dict(report.counts)["texts"]),
        ("languages", 1),
        ("conversations", 0),
    )
    assert re.fullmatch(r"2 flows, .* 0 conversations: 0 errors, 0 warnings, \d\.\d\d s", list(report.lines())[-1])


def test_a_strict_check_does_not_pass_warnings(tmp_path: Path) -> None:
    report = check(write_content(tmp_path, {"topics/work.yaml": TOPIC.replace("2027-05-23", "2026-11-24")}), TODAY)

    assert report.is_well(strict=False)
    assert not report.is_well(strict=True)
    assert next(report.lines()) == (
        "content/topics/work.yaml:6:7: warning: this answer should have been reviewed by 2026-11-24"
    )


def test_what_must_be_put_right_stands_last(tmp_path: Path) -> None:
    hotline = HOTLINE.replace("2027-02-23", "2026-11-24").replace("hours: always", "hours: nights")

    *lines, _ = check(write_content(tmp_path, {"hotlines/thailand.yaml": hotline}), TODAY).lines()

    assert lines == [
        "content/hotlines/thailand.yaml:1:12: warning: this should have been reviewed by 2026-11-24",
        """content/hotlines/thailand.yaml:7:10: 'nights' is no hours; write for example always or ["mon-fri 08:30-16:30"]""",
    ]


def test_an_error_is_not_well(tmp_path: Path) -> None:
    report = check(write_content(tmp_path, {"phrases.yaml": "phrases: {"}), TODAY)

    assert not report.is_well(strict=False)


def test_a_folder_that_is_none_is_not_well(tmp_path: Path) -> None:
    report = check(tmp_path / "nowhere", TODAY)

    assert not report.is_well(strict=False)
    assert list(report.lines())[-1].startswith(": 1 errors")


def test_schemas_are_written_next_to_the_content(tmp_path: Path) -> None:
    content = write_content(tmp_path)

    assert "schema/flow.schema.json written" in list(write_editor_schemas(content))
    assert list(write_editor_schemas(content)) == ["0 schemas were out of date"]
    assert check(content, TODAY).problems == ()


def test_every_phrase_that_the_engine_says_is_needed() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(DIALOGUE.glob("*.py")))
    said = set(re.findall(r"""\b(?:phrase|note|_show_last)\(\s*"([a-z-]+)\"""", source))
    kinds = {f"ask-again-{kind.value}" for kind in AnswerKind}
    ways_out = {wish.value for wish in (Wish.BACK, Wish.HOME, Wish.LANGUAGE, Wish.PERSON, Wish.EXIT)}

    assert said
    assert said | kinds | ways_out <= set(ENGINE_PHRASES)
