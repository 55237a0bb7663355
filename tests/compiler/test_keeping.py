"""A kept script is used where it is exactly what compiling would give, and nowhere else; keeping it breaks nothing."""

import logging
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from bot.compiler import ContentError, Folder, KeptScripts, KeywordsOnly, Lessons, compile_content, lent_by
from bot.compiler.keeping import CODE, MOST_KEPT
from bot.compiler.packing import pack
from bot.dialogue.script import Script
from bot.language import Understands
from tests.compiler.content_builder import FACT, HOME, TODAY, TOPIC, write_content
from tests.compiler.test_media import PNG

PROJECT = Path(__file__).parents[2]
DAY = timedelta(days=1)


@dataclass(slots=True)
class Teacher:
    """Counts how often something is compiled; may do something meanwhile."""

    meanwhile: Callable[[], object] = bool
    lessons: list[Lessons] = field(default_factory=list)

    def __call__(self, lessons: Lessons) -> Understands:
        self.lessons.append(lessons)
        self.meanwhile()
        return KeywordsOnly(lessons)


@dataclass(slots=True)
class Place:
    """Content, and where its scripts are kept."""

    content: Path
    kept: Path
    teacher: Teacher = field(default_factory=Teacher)

    def script(self, content: Path | Folder | None = None, today: date = TODAY) -> Script:
        """As a process does that has just begun."""
        return KeptScripts(self.kept, self.teacher).script(content or self.content, today)

    @property
    def times(self) -> int:
        """How often something was compiled."""
        return len(self.teacher.lessons)

    def files(self) -> list[Path]:
        return sorted(self.kept.iterdir())


@pytest.fixture
def place(quick_folder: Path) -> Place:
    return Place(write_content(quick_folder), quick_folder / "var" / "compiled")


def test_what_was_compiled_is_not_compiled_again(place: Place) -> None:
    first = place.script()
    again = place.script()

    assert place.times == 1
    assert pack(again) == pack(first) == pack(compile_content(place.content, TODAY).script)


def test_it_is_for_its_owner_alone(place: Place) -> None:
    place.script()

    paths = [place.kept.parent, place.kept, *place.files()]
    assert len(paths) == 3
    assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_without_a_folder_it_is_compiled_each_time(place: Place) -> None:
    for _ in range(2):
        KeptScripts(None, place.teacher).script(place.content, TODAY)

    assert place.times == 2


def change_text(content: Path) -> object:
    return (content / "flows" / "home.yaml").write_text(HOME.replace("What do you", "What would you"))


def add_picture(content: Path) -> object:
    (content / "media").mkdir()
    return (content / "media" / "a.png").write_bytes(PNG)


def empty(content: Path) -> object:
    return (content / "safety.yaml").write_text("")


def rename(content: Path) -> object:
    return (content / "hotlines" / "thailand.yaml").rename(content / "hotlines" / "laos.yaml")


@pytest.mark.parametrize("change", [change_text, add_picture, empty, rename])
def test_content_that_is_other_in_any_file_is_compiled(change: Callable[[Path], object], place: Place) -> None:
    before = place.script()
    change(place.content)

    after = place.script()

    assert place.times == 2
    assert after.version != before.version
    assert pack(after) == pack(compile_content(place.content, TODAY).script)


def test_content_of_before_is_found_again(place: Place) -> None:
    home = place.content / "flows" / "home.yaml"
    first, was = place.script(), home.read_bytes()
    change_text(place.content)
    place.script()
    home.write_bytes(was)

    assert place.script().version == first.version
    assert place.times == 2


def test_the_same_content_elsewhere_is_compiled_since_its_pictures_lie_there(place: Place, quick_folder: Path) -> None:
    place.script()
    place.script(write_content(quick_folder / "other"))

    assert place.times == 2


def test_words_that_are_lent_belong_to_it(place: Place, quick_folder: Path) -> None:
    lender = write_content(quick_folder / "program")
    version = Folder(place.content, "content", lender=lent_by(lender))
    place.script()
    for _ in range(2):
        place.script(version)
    assert place.times == 2

    change_text(lender)
    place.script(version)
    assert place.times == 3


def test_another_release_keeps_its_own(place: Place, quick_folder: Path) -> None:
    """Another release is another copy of the code, run in a process of its own."""
    program = quick_folder / "release"
    for pattern in ("bot/**/*.py", "bot/**/*.json"):
        for path in PROJECT.glob(pattern):
            to = program / path.relative_to(PROJECT)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
    steps = program / "bot" / "dialogue" / "steps.py"
    steps.write_text(steps.read_text() + "\n# Of another release.\n")
    run = (
        "from datetime import date; from pathlib import Path; from bot.compiler import KeptScripts, KeywordsOnly;"
        f"KeptScripts(Path({str(place.kept)!r}), KeywordsOnly).script(Path({str(place.content)!r}), date(2026, 11, 25))"
    )
    place.script()
    (own,) = place.files()
    subprocess.run([sys.executable, "-c", run], cwd=program, check=True)

    assert len(place.files()) == 2
    (other,) = set(place.files()) - {own}
    own.write_bytes(other.read_bytes())
    place.script()
    assert place.times == 2


def test_all_code_that_makes_a_script_is_looked_at() -> None:
    run = "import sys, bot.compiler; print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'bot'))"
    read = subprocess.run([sys.executable, "-c", run], cwd=PROJECT, check=True, capture_output=True, text=True)

    looked_at = {path for pattern in CODE for path in (PROJECT / "bot").glob(pattern)}
    others = {Path(name) for name in read.stdout.split()} - looked_at
    assert {path.relative_to(PROJECT / "bot").as_posix() for path in others} == {"__init__.py", "logbook.py"}
    assert len(looked_at) > 100


def emptied(_: bytes) -> bytes:
    return b""


def cut_off(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def damaged(whole: bytes) -> bytes:
    return whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]


def pickled(_: bytes) -> bytes:
    foreign = b"cos\nsystem\n(S'exit 1'\ntR."
    return sha256(foreign).digest() + foreign


def of_something_else(_: bytes) -> bytes:
    foreign = b"\x93\xa1a\xaa2026-11-25\xc4\x00"
    return sha256(foreign).digest() + foreign


@pytest.mark.parametrize("broken", [emptied, cut_off, damaged, pickled, of_something_else])
def test_a_broken_file_is_told_once_and_made_anew(
    broken: Callable[[bytes], bytes], place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.script()
    (kept,) = place.files()
    whole = kept.read_bytes()
    kept.write_bytes(broken(whole))

    with caplog.at_level(logging.INFO):
        script = place.script()

    assert [record.message for record in caplog.records] == ["script_not_read"]
    assert place.times == 2
    assert pack(script) == pack(compile_content(place.content, TODAY).script)
    assert kept.read_bytes() == whole


def test_a_script_under_the_name_of_another_is_not_used(place: Place) -> None:
    place.script()
    (first,) = place.files()
    whole = first.read_bytes()
    change_text(place.content)
    place.script()
    (second,) = set(place.files()) - {first}
    second.write_bytes(whole)

    assert place.script().version == compile_content(place.content, TODAY).script.version
    assert place.times == 3


def a_file(place: Path) -> object:
    return place.write_text("in the way")


def a_link_to_nowhere(place: Path) -> object:
    place.symlink_to("/nowhere/compiled")
    return place


@pytest.mark.parametrize("hinder", [a_file, a_link_to_nowhere])
def test_where_nothing_can_be_kept_it_only_takes_longer(
    hinder: Callable[[Path], object], place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.kept.parent.mkdir()
    hinder(place.kept)

    scripts = [place.script() for _ in range(2)]

    assert [script.version for script in scripts] == [compile_content(place.content, TODAY).script.version] * 2
    assert place.times == 2
    assert {record.message for record in caplog.records} <= {"script_not_kept", "script_not_read"}


def test_a_full_disk_leaves_nothing_behind(place: Place) -> None:
    run = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from datetime import date; from pathlib import Path; from bot.compiler import KeptScripts, KeywordsOnly;"
        f"KeptScripts(Path({str(place.kept)!r}), KeywordsOnly).script(Path({str(place.content)!r}), date(2026, 11, 25))"
    )
    subprocess.run([sys.executable, "-c", run], cwd=PROJECT, check=True)

    assert place.files() == []


def test_a_value_that_cannot_be_kept_is_told(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    class Foreign(KeywordsOnly):
        __slots__ = ()

    for _ in range(2):
        KeptScripts(place.kept, Foreign).script(place.content, TODAY)

    assert [record.message for record in caplog.records] == ["script_not_kept"] * 2


def test_only_the_last_ones_are_kept(place: Place) -> None:
    home = place.content / "flows" / "home.yaml"
    place.kept.mkdir(parents=True)
    (place.kept / "left-behind").write_text("half of")
    for number in "abcdefg":
        home.write_text(HOME.replace("title: Home", f"title: Home {number}"))
        place.script()
        assert len(place.files()) <= MOST_KEPT

    assert {path.suffix for path in place.files()} == {".script"}
    home.write_text(HOME.replace("title: Home", "title: Home g"))
    place.script()
    assert place.times == 7


def test_what_is_used_stays(place: Place) -> None:
    home = place.content / "flows" / "home.yaml"
    place.script()
    for number in "abcdefg":
        home.write_text(HOME.replace("title: Home", f"title: Home {number}"))
        place.script()
        home.write_text(HOME)
        place.script()

    assert place.times == 8


def test_content_that_changes_while_it_is_read_is_not_kept(place: Place) -> None:
    home = place.content / "flows" / "home.yaml"
    was = home.read_bytes()

    def there_and_back() -> None:
        change_text(place.content)
        home.write_bytes(was)

    place.teacher.meanwhile = there_and_back
    place.script()
    assert not place.kept.exists()

    place.teacher.meanwhile = lambda: change_text(place.content)
    before = place.script()
    place.teacher.meanwhile = bool
    assert place.script().version != before.version


def test_content_with_a_mistake_is_told_and_not_kept(place: Place) -> None:
    (place.content / "flows" / "home.yaml").write_text(HOME.replace("flow:origin", "flow:orgin"))

    for _ in range(2):
        with pytest.raises(ContentError, match="did you mean"):
            place.script()

    assert not place.kept.exists()


def test_several_at_once_do_not_hinder_each_other(place: Place) -> None:
    with ThreadPoolExecutor(8) as threads:
        scripts = [task.result() for task in [threads.submit(place.script) for _ in range(16)]]

    assert {pack(script) for script in scripts} == {pack(scripts[0])}
    assert [path.suffix for path in place.files()] == [".script"]


# Days


def told_on(scripts: KeptScripts, content: Path, today: date) -> bool | str:
    """Whether the content may be used on a day, or what is wrong with it then."""
    try:
        return bool(scripts.script(content, today))
    except ContentError as error:
        return str(error)


@pytest.mark.parametrize("confidence", ["high", "medium", "low"])
def test_what_is_wrong_on_another_day_is_told_on_that_day(confidence: str, place: Place, quick_folder: Path) -> None:
    """A fact that is past its time; one that is told with its date, on a screen that is full; one checked tomorrow."""
    full = "Long words that fill. " * 43
    sure = FACT.replace("confidence: high", f"confidence: {confidence}")
    (place.content / "facts" / "thailand.yaml").write_text(sure + FACT.replace("th-wage", "th-other"))
    (place.content / "flows" / "home.yaml").write_text(
        HOME.replace("say: What do you", f'say: "{full}{{fact:th-other}}"\n    - say: What do you')
    )
    checked, review = date(2026, 11, 23), date(2027, 5, 23)
    days = [checked - DAY, checked, review, review + DAY, review + 365 * DAY, review + 366 * DAY]
    never = KeptScripts(None, KeywordsOnly)
    told = {today: told_on(never, place.content, today) for today in days}
    assert len(set(told.values())) > 2 or confidence == "low"

    for first in days:
        kept = KeptScripts(quick_folder / "kept" / str(first), KeywordsOnly)
        told_on(kept, place.content, first)
        assert {today: told_on(kept, place.content, today) for today in days} == told


def test_a_topic_whose_review_is_due_is_no_mistake_and_is_kept(place: Place) -> None:
    (place.content / "topics" / "work.yaml").write_text(TOPIC.replace("2027-05-23", "2026-12-01"))
    place.script()
    place.script(today=date(2027, 1, 1))

    assert place.times == 1
