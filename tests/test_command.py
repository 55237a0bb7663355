"""The command `waymark`, subcommand by subcommand, over a little content of its own."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.settings import NAMES
from tests.dialogue.little_world import FLOWS, little_script


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    little_script(folder)
    return folder


@pytest.fixture(autouse=True)
def _surroundings(content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to stand in, no settings but these, and the log as it was afterwards."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYMARK_CONTENT_DIR", str(content))
    monkeypatch.setenv("WAYMARK_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    root, ours = logging.getLogger(), logging.getLogger("waymark")
    before = root.handlers[:], root.level, ours.level, logging.raiseExceptions
    yield
    root.handlers[:], root.level, ours.level, logging.raiseExceptions = before


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert isinstance(left.value.code, int)
    return left.value.code


def test_check_says_what_was_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check") == 0

    *_, summary = capsys.readouterr().out.splitlines()
    assert f"{len(FLOWS)} flows" in summary
    assert "0 errors" in summary


def test_check_takes_another_folder_and_tells_its_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "bot.yaml").write_text("name: [", "utf-8")

    assert call("check", "other") == 1
    assert "bot.yaml" in capsys.readouterr().out


def test_a_strict_check_does_not_pass_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    code = call("check", "--strict")

    warned = ": 0 errors, 0 warnings" not in capsys.readouterr().out
    assert code == (1 if warned else 0)


def test_content_that_is_not_there_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAYMARK_CONTENT_DIR", str(tmp_path / "nowhere"))

    for command in (["check"], ["chat"], ["match"], ["content", "dump"], ["run"]):
        assert call(*command) == 1
        shown = capsys.readouterr()
        assert "nowhere" in shown.out + shown.err
        assert "Traceback" not in shown.err


def test_dump_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("content", "dump") == 0

    document = json.loads(capsys.readouterr().out)
    assert {"topics", "hotlines", "facts"} <= document.keys()


def test_dump_of_content_with_mistakes_is_no_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bot.yaml").write_text("name: 1\n", "utf-8")
    monkeypatch.setenv("WAYMARK_CONTENT_DIR", str(tmp_path))

    assert call("content", "dump") == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "bot.yaml" in shown.err


def test_progress_pull_and_stamp_tell_how_far_a_language_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("content", "progress") == 0
    assert "km:" in capsys.readouterr().out

    assert call("content", "pull", "km") == 0
    assert "flows/home.yaml" in capsys.readouterr().out

    assert call("content", "stamp", "km") == 0
    assert capsys.readouterr().out == "0 texts stamped\n"


def test_schemas_are_written_into_the_content(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("content", "schema") == 0

    assert "written" in capsys.readouterr().out
    assert list((content / "schema").iterdir())


def test_match_answers_line_by_line_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = ["what is the lowest wage?", "ຄ່າແຮງຂອງຂ້ອຍ", "ค่าแรงของผม"]
    lines = "\n\n".join(json.dumps({"text": text, "lang": "en"}) for text in questions)
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))

    assert call("match") == 0

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["lang"] for answer in answers] == ["en", "lo", "th"]
    assert all(answer.keys() == {"topics", "mode", "emergency", "lang"} for answer in answers)


@pytest.mark.parametrize("line", ["lowest wage", "{}", '{"text": 3}', "[1]", '{"text": "a", "lang": 5}'])
def test_match_names_the_line_that_is_no_question(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f'{{"text": "lowest wage"}}\n{line}\n'))

    assert call("match") == 1

    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert shown.err.startswith("line 2: ")


def test_chat_talks_until_the_input_ends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n1\n2\n4\n\n99\nhome\n"))

    assert call("chat", "--lang", "en") == 0

    shown = capsys.readouterr().out
    assert "Where are you from?" in shown
    assert "What do you want to know?" in shown
    assert "What have you packed?" in shown
    assert "I did not understand that." in shown


def test_doctor_looks_at_everything_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("doctor") == 0

    looked_at = [line.split(":")[0].split()[-1] for line in capsys.readouterr().out.splitlines()]
    assert looked_at == ["content", "keys", "store", "telegram", "web"]
    assert not (tmp_path / "var" / "keys").exists()
    (tmp_path / "var" / "keys").mkdir(parents=True, mode=0o700)

    assert call("doctor") == 0
    assert list((tmp_path / "var" / "keys").iterdir()) == []


def test_doctor_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WAYMARK_STORE_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("WAYMARK_PUBLIC_URL", "http://example.org")

    assert call("doctor") == 1

    look = [line for line in capsys.readouterr().out.splitlines() if line.startswith("LOOK")]
    assert [line.split()[1] for line in look] == ["store:", "web:"]


def test_a_setting_that_is_none_of_ours_stops_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAYMARK_COLOUR", "blue")

    assert call("check") == 1
    assert capsys.readouterr().err == "WAYMARK_COLOUR is no setting of ours; see the list in README.md\n"


def test_settings_may_stand_in_a_file_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("WAYMARK_HTTP_PORT=x\n", "utf-8")
    assert call("check") == 1
    assert "WAYMARK_HTTP_PORT must be a number" in capsys.readouterr().err

    monkeypatch.setenv("WAYMARK_HTTP_PORT", "0")
    assert call("check") == 0


def test_a_crash_tells_where_it_was_and_no_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def crash(*_: object) -> None:
        raise LookupError("canary-7421")

    monkeypatch.setattr("bot.__main__.run_bot", crash)

    assert call("run") == 1

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["error"]) == ("crashed", "LookupError")
    assert line["where"].startswith("__main__.py:")
    assert "canary" not in str(line)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["content"], ["content", "pull"], ["chat", "--lang"]])
def test_a_wrong_call_is_told_so(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*arguments) == 2
    assert "usage: waymark" in capsys.readouterr().err


@pytest.mark.parametrize(("leaves", "code"), [("time.sleep", 1), ("id", 3)])
def test_a_thread_that_hangs_does_not_keep_a_bot_that_has_ended(leaves: str, code: int) -> None:
    program = (
        "import asyncio, time\n"
        "from bot.__main__ import run_to_the_end\n"
        "async def main():\n"
        f"    asyncio.get_running_loop().run_in_executor(None, {leaves}, 600)\n"
        "    await asyncio.sleep(0)\n"
        "run_to_the_end(main(), within=0.2)\n"
        "raise SystemExit(3)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert ended.returncode == code
