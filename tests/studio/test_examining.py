"""The whole check in another process finds what it finds in this one, and ends with it; where it fails, that is said."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE
from typing import Final

import pytest

from bot.compiler import KeywordsOnly
from bot.compiler.folder import Folder
from bot.compiler.problems import Severity
from bot.figures import FROM_ZERO, Figures
from bot.studio.check_apart import LONGEST_WORDS, MOST_BYTES, bounded
from bot.studio.checking import SHOWN_AS, Checked, CheckError, Failure, Finding, check_whole
from bot.studio.examining import FIGURE, LEAVE, NOT_ENDED, PATIENCE, PROGRAM, Examiner
from bot.studio.examining import MOST_BYTES as MOST_READ
from bot.studio.tree import TreeHash
from tests.compiler.content_builder import FACT, HOME, HOTLINE, TODAY, write_content

ONE, OTHER = TreeHash("1"), TreeHash("2")
TEST: Final = """\
- test: home is a menu
  as: {language: en}
  talk:
    - open: home
    - bot: {screen: home.menu, offers: [where]}
"""
SOUND: Final = 'print(\'{"findings": [], "conversations": 3}\')'
MARKED: Final = f"""
import pathlib, sys
marks = pathlib.Path(sys.argv[1]) / "marks"
with marks.open("a") as file: file.write("begun ")
for _ in range(300): open(marks).read()
with marks.open("a") as file: file.write("done ")
{SOUND}
"""


def saying(program: str) -> tuple[str, ...]:
    """A child that does something else than to check."""
    return sys.executable, "-c", program


GREEDY: Final = "from bot.studio import check_apart; check_apart._stay_small(); bytearray(2**30)"


@asynccontextmanager
async def an_examiner(
    folder: Path,
    program: tuple[str, ...] = PROGRAM,
    patience: timedelta = PATIENCE,
    figures: Figures | None = None,
    leave: timedelta = LEAVE,
) -> AsyncIterator[Examiner]:
    examiner = Examiner(folder / "learned", folder, figures or Figures(), patience, program, leave)
    yield examiner
    await examiner.close()


@pytest.mark.parametrize(
    "instead",
    [
        {"tests/home.yaml": TEST},
        {"tests/home.yaml": TEST.replace("[where]", "[nowhere]")},
        {"flows/home.yaml": HOME.replace("flow:origin", "flow:orgin")},
        {"flows/home.yaml": "flow: ["},
        {"flows/home.yaml": "- " * 5_000 + "x"},
        {"facts/thailand.yaml": FACT.replace("value: 400", "value: many"), "hotlines/th.yaml": HOTLINE.upper()},
        {"texts/km/flows/home.yaml": "language: km\ntexts:\n  home.nowhere.say: {text: ក}\n"},
        {"bot.yaml": ""},
    ],
    ids=" ".join,
)
async def test_another_process_finds_the_same(tmp_path: Path, instead: Mapping[str, str]) -> None:
    content = write_content(tmp_path / "content", instead)

    async with an_examiner(tmp_path) as examiner:
        found = await examiner.examine(ONE, content, TODAY)

    assert found == check_whole(Folder(content, SHOWN_AS), TODAY, KeywordsOnly)
    assert found.is_sound is (instead == {"tests/home.yaml": TEST})


async def test_whoever_asks_for_the_same_waits_for_the_same_and_only_one_is_checked_at_a_time(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    async with an_examiner(tmp_path, saying(MARKED)) as examiner:
        first, again, other = await asyncio.gather(
            *(examiner.examine(tree, tmp_path, TODAY) for tree in (ONE, ONE, OTHER))
        )
        assert first is again
        assert (first, other) == (Checked((), 3), Checked((), 3))
        assert marks.read_text().split() == ["begun", "done"] * 2

        assert await examiner.examine(ONE, tmp_path, TODAY) is first
        assert len(marks.read_text().split()) == 4
        await examiner.examine(ONE, tmp_path, TODAY + timedelta(days=1))
        assert len(marks.read_text().split()) == 6


async def test_whoever_leaves_does_not_end_it_for_the_others(tmp_path: Path) -> None:
    async with an_examiner(tmp_path, saying(MARKED)) as examiner:
        leaving = asyncio.create_task(examiner.examine(ONE, tmp_path, TODAY))
        staying = asyncio.create_task(examiner.examine(ONE, tmp_path, TODAY))
        await _until((tmp_path / "marks").exists)
        leaving.cancel()
        assert await staying == Checked((), 3)
        assert leaving.cancelled()


async def test_what_is_to_go_live_overtakes_what_is_only_looked_at(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    # The one that is running when something is to go live would not end by itself.
    program = f"""
import pathlib, sys, time
marks, name = pathlib.Path(sys.argv[1]).parent / "marks", pathlib.Path(sys.argv[1]).name
is_first = not marks.exists()
with marks.open("a") as file: file.write(name + " ")
time.sleep(300 if is_first else 0)
{SOUND}
"""
    folders = [tmp_path / name for name in ("running", "third", "fourth", "live")]
    for folder in folders:
        folder.mkdir()
    async with an_examiner(tmp_path, saying(program)) as examiner:
        looked_at = [asyncio.create_task(examiner.examine(TreeHash(one.name), one, TODAY)) for one in folders[:3]]
        await _until(marks.exists)
        # Somebody looked at it as well, which waits with the others and is not checked twice.
        looked_at.append(asyncio.create_task(examiner.examine(TreeHash("live"), folders[3], TODAY)))
        await asyncio.sleep(0)
        first = await examiner.examine_first(TreeHash("live"), folders[3], TODAY)
        assert marks.read_text().split() == ["running", "live"]
        assert (await asyncio.gather(*looked_at))[-1] is first
    assert sorted(marks.read_text().split()[2:]) == ["fourth", "running", "third"]


async def test_what_is_left_of_a_child_keeps_no_other_from_being_checked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # The child's own child holds the pipe open, as one does that the system cannot end.
    program = f"""
import pathlib, subprocess, sys
pid = pathlib.Path(sys.argv[1]) / "pid"
if not pid.exists(): pid.write_text(f"{{subprocess.Popen(['sleep', '300']).pid}}")
else: {SOUND}
"""
    leave, patience = timedelta(seconds=0.2), timedelta(seconds=3)
    async with an_examiner(tmp_path, saying(program), patience, leave=leave) as examiner, asyncio.timeout(30):
        try:
            with pytest.raises(CheckError, match=Failure.LATE):
                await examiner.examine(ONE, tmp_path, TODAY)
            assert [record.msg for record in caplog.records] == [NOT_ENDED, FIGURE]
            assert await examiner.examine(OTHER, tmp_path, TODAY) == Checked((), 3)
        finally:
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_a_folder_that_is_gone_when_its_turn_comes_says_nothing_against_what_stood_in_it(tmp_path: Path) -> None:
    content = write_content(tmp_path / "trees" / "1")
    program = (
        "import pathlib, sys, time; here = pathlib.Path(sys.argv[1]).parent;"
        f"(here / 'begun').touch(); time.sleep(0.5); {SOUND}"
    )
    before = tmp_path / "before" / "content"
    before.mkdir(parents=True)
    async with an_examiner(tmp_path, saying(program)) as examiner:
        waiting = asyncio.create_task(examiner.examine(ONE, before, TODAY))
        await _until((before.parent / "begun").exists)
        late = asyncio.create_task(examiner.examine(OTHER, content, TODAY))
        await asyncio.sleep(0)
        content.parent.rename(tmp_path / "gone")
        assert (await waiting).is_sound
        with pytest.raises(CheckError, match=Failure.GONE):
            await late
    assert Failure.GONE in FROM_ZERO[FIGURE]


async def test_a_folder_that_is_read_counts_as_used(tmp_path: Path) -> None:
    content = write_content(tmp_path / "trees" / "1")
    os.utime(content.parent, (0, 0))
    async with an_examiner(tmp_path, saying(SOUND)) as examiner:
        await examiner.examine(ONE, content, TODAY)
    assert content.parent.stat().st_mtime > 0


@pytest.mark.parametrize(
    ("program", "failure"),
    [
        (saying("import os; os.abort()"), Failure.CRASHED),
        (saying(f"{SOUND}; raise SystemExit(1)"), Failure.CRASHED),
        pytest.param(
            saying(GREEDY), Failure.CRASHED, marks=pytest.mark.skipif(sys.platform != "linux", reason="no limit")
        ),
        (saying("import time; time.sleep(60)"), Failure.LATE),
        (saying("import resource as r; r.setrlimit(r.RLIMIT_CPU, (1, 2))\nwhile True: pass"), Failure.LATE),
        (saying("import os, time; os.close(1); time.sleep(60)"), Failure.LATE),
        (saying("pass"), Failure.NO_ANSWER),
        (saying("print('[1, 2]')"), Failure.NO_ANSWER),
        (saying(f"print('x' * {2 * MOST_READ})"), Failure.NO_ANSWER),
        (("/nowhere/python",), Failure.NOT_STARTED),
    ],
    ids=["abort", "code", "greedy", "late", "busy", "silent", "nothing", "other", "endless", "missing"],
)
async def test_what_could_not_be_checked_is_told_counted_and_not_remembered(
    tmp_path: Path, program: tuple[str, ...], failure: Failure, caplog: pytest.LogCaptureFixture
) -> None:
    figures = Figures()
    late = timedelta(seconds=0.5 if "sleep" in program[-1] else 60)
    async with an_examiner(tmp_path, program, late, figures) as examiner:
        assert figures.counts[FIGURE, failure] == 0
        assert failure in FROM_ZERO[FIGURE]
        for number in (1, 2):
            with pytest.raises(CheckError) as raised:
                await examiner.examine(ONE, tmp_path, TODAY)
            assert raised.value.failure is failure
            assert figures.counts[FIGURE, failure] == number
    assert [record.msg for record in caplog.records] == [FIGURE] * 2
    assert str(tmp_path) not in caplog.text


async def test_it_knows_no_settings_and_gives_way_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_TELEGRAM_TOKEN", "1:secret")
    program = (
        "import json, os, sys; told = {'env': dict(os.environ), 'nice': os.nice(0), 'session': os.getsid(0)};"
        f"open(sys.argv[1] + '/told', 'w').write(json.dumps(told)); {SOUND}"
    )
    async with an_examiner(tmp_path, saying(program)) as examiner:
        await examiner.examine(ONE, tmp_path, TODAY)

    told = json.loads((tmp_path / "told").read_text())
    assert "secret" not in json.dumps(told["env"])
    assert not [name for name in told["env"] if name.startswith("WAYMARK")]
    assert told["nice"] >= min(10, os.nice(0) + 10)
    assert told["session"] == os.getsid(0)


async def test_it_ends_when_the_bot_stops_and_whoever_waits_is_told(tmp_path: Path) -> None:
    program = "import os, sys, time; open(sys.argv[1] + '/pid', 'w').write(f'{os.getpid()} '); time.sleep(60)"
    pid = tmp_path / "pid"
    async with an_examiner(tmp_path, saying(program)) as examiner:
        waiting = [asyncio.create_task(examiner.examine(tree, tmp_path, TODAY)) for tree in (ONE, OTHER)]
        await _until(lambda: pid.exists() and pid.read_text().endswith(" "))
        await examiner.close()
        for task in waiting:
            with pytest.raises(CheckError, match=Failure.STOPPED):
                await task
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)
        with pytest.raises(CheckError, match=Failure.STOPPED):
            await examiner.examine(ONE, tmp_path, TODAY)


def test_it_ends_when_whoever_began_it_is_gone(tmp_path: Path) -> None:
    # However a process ends, the system closes what it held open.
    content = Path(__file__).parents[2] / "content"
    with subprocess.Popen([*PROGRAM, content, TODAY.isoformat(), tmp_path, content], stdin=PIPE, stdout=PIPE) as child:
        assert child.stdin is not None
        child.stdin.close()
        assert child.stdout is not None
        assert child.stdout.read() == b""
        assert child.wait(timeout=30) == 2


def test_an_error_of_the_check_itself_is_told_without_its_words(tmp_path: Path) -> None:
    command = [*PROGRAM, str(tmp_path), "no-such-day", str(tmp_path), str(tmp_path)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read() == ""
        told = child.stderr.read()
    assert child.returncode == 1
    assert [json.loads(line)["error"] for line in told.splitlines()] == ["ValueError"]
    assert "no-such-day" not in told


def test_of_endless_findings_errors_are_told_first_and_in_their_order() -> None:
    warnings = [Finding("flows/home.yaml", line, 1, "x" * 1_000, Severity.WARNING) for line in range(10_000)]
    late = Finding("topics/work.yaml", 1, 1, "y" * 10 * MOST_BYTES, Severity.ERROR)

    told = bounded(Checked((*warnings, late), 7))

    assert 3_000 < len(told.findings) < 5_000
    assert told.findings[:-1] == tuple(warnings[: len(told.findings) - 1])
    assert len(told.findings[-1].words) == LONGEST_WORDS + 1
    assert not told.is_sound
    assert told.conversations == 7
    assert bounded(Checked(tuple(warnings[:5]), 1)) == Checked(tuple(warnings[:5]), 1)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.01)
