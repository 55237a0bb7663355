"""The quick look at a file finds in it what the whole check finds there, and whatever stands in a file is only told."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.compiler import KeywordsOnly
from bot.compiler.folder import Folder
from bot.compiler.problems import Severity
from bot.studio.checking import SHOWN_AS, Checked, Checker, Finding, check_whole
from bot.studio.kinds import Kind
from bot.studio.tree import Tree, blob_id, read_tree
from tests.compiler.content_builder import (
    FACT,
    HOME,
    HOTLINE,
    SAFETY,
    TODAY,
    TOPIC,
    WHOLE,
    generate_content,
    write_content,
)

TEST = """\
- test: home is a menu
  as: {language: en}
  talk:
    - open: home
    - bot: {screen: home.menu, offers: [where]}
"""


class Desk:
    """A checker over a folder into which files are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checker = Checker()

    @property
    def tree(self) -> Tree:
        return read_tree(self.folder).tree

    def write(self, name: str, words: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words, encoding="utf-8")

    def look(self, name: str, words: str | bytes) -> tuple[Finding, ...]:
        source = words.encode() if isinstance(words, str) else words
        return asyncio.run(self.checker.look(self.tree, self.folder, name, source, TODAY))

    def whole(self, name: str, words: str) -> tuple[Finding, ...]:
        """What the whole check says of the file, once it is saved."""
        self.write(name, words)
        return tuple(finding for finding in self.check().findings if finding.file == name)

    def check(self) -> Checked:
        return check_whole(Folder(self.folder, SHOWN_AS), TODAY, KeywordsOnly)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_content(tmp_path_factory.mktemp("generated"), 40)


@pytest.fixture
def desk(generated: Path, tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(generated, tmp_path / "content")
    yield Desk(tmp_path / "content")
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk at which nothing is written."""
    return Desk(write_content(tmp_path_factory.mktemp("quiet")))


PART = "flows/part-aa.yaml"
CHANGES: Mapping[str, tuple[str, str, str]] = {
    "a broken link": (PART, "to: s2}", "to: s99}"),
    "an unknown fact": (PART, "{fact:th-wage}", "{fact:th-wagg}"),
    "a figure": (PART, "I am not sure", "I am 7 not sure"),
    "a long screen": (PART, "Keep your passport", "Keep your passport. " * 60),
    "a step that is none": (PART, "- say: For people", "- sya: For people"),
    "a name nobody keeps": (PART, "risk: 3+", "rsik: 3+"),
    "a screen called twice": (PART, "  s1:", "  s0:"),
    "a new text": (PART, "    - choose:", "    - say: Something new.\n    - choose:"),
    "a fact of the future": ("facts/thailand.yaml", "checked: 2026-11-23", "checked: 2027-01-01"),
    "a hotline without a number": ("hotlines/thailand.yaml", 'dial: "1506"', 'dial: "none"'),
    "a topic without questions": ("topics/work.yaml", "  ask: ", "  ask: []\n  was: "),
    "a topic that exists twice": ("topics/work.yaml", TOPIC, TOPIC + TOPIC),
    "a wrong script": ("texts/lo/" + PART, "ເກັບ", "เก็บ"),
    "a lost slot": ("texts/km/" + PART, "{fact:th-wage}", ""),
    "a stale translation": ("texts/km/" + PART, "from: ", "from: 0000"),
    "an unknown text": ("texts/my/" + PART, "part-aa.s1.say:", "part-aa.s1.sya:"),
    "an idea nobody knows": ("safety.yaml", "locked:", "lokced:"),
    "a phrase that is gone": ("phrases.yaml", "  back: ", "  bakc: "),
    "a bad language": ("bot.yaml", "name: English", "name: [English]"),
    "a broken quote": (PART, "title: Part", 'title: "Part'),
    "a bad test": ("tests/home.yaml", "open: home", "opne: home"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_quick_look_says_of_a_file_what_the_whole_check_says(desk: Desk, change: tuple[str, str, str]) -> None:
    name, old, new = change
    desk.write("tests/home.yaml", TEST)
    before = (desk.folder / name).read_text("utf-8")
    assert old in before
    words = before.replace(old, new, 1)
    desk.look(name, before)

    quick = desk.look(name, words)

    assert quick
    assert quick == desk.whole(name, words)


def test_after_a_file_was_saved_the_next_look_knows_it(desk: Desk) -> None:
    desk.look(PART, (desk.folder / PART).read_text("utf-8"))
    desk.write("facts/thailand.yaml", FACT.replace("th-wage", "th-pay"))

    (first, *_) = desk.look(PART, (desk.folder / PART).read_text("utf-8"))

    assert "no fact is called 'th-wage'" in first.words
    desk.write("facts/thailand.yaml", FACT)
    assert desk.look(PART, (desk.folder / PART).read_text("utf-8")) == ()


def test_a_new_english_text_is_missing_in_all_languages_and_one_that_moved_is_not(desk: Desk) -> None:
    before = (desk.folder / PART).read_text("utf-8")

    found = desk.look(PART, before.replace("    - choose:", "    - say: New.\n    - choose:", 1))

    assert [finding.words.split(" ")[0] for finding in found] == ["km", "lo", "my", "th"]
    assert all(finding.severity is Severity.WARNING for finding in found)


def test_a_finding_names_the_field_of_the_form(desk: Desk) -> None:
    words = (desk.folder / PART).read_text("utf-8").replace("to: s2}", "to: s99}")
    (found, *_) = desk.look(PART, words)
    (fact,) = desk.look("facts/thailand.yaml", FACT.replace("confidence: high", "confidence: sure"))

    assert (found.kind, found.id, found.field) == (Kind.SCREEN, "part-aa.s1", "steps.3.ways.1.to")
    assert (fact.kind, fact.id, fact.field) == (Kind.FACT, "th-wage", "confidence")
    assert (fact.file, fact.line) == ("facts/thailand.yaml", 9)


@pytest.mark.parametrize(
    ("name", "words", "field"),
    [
        ("hotlines/thailand.yaml", HOTLINE.replace('dial: "1506"', 'dial: "x"'), "numbers.0.dial"),
        ("hotlines/thailand.yaml", HOTLINE.replace("[th]}", "[mars]}"), "numbers.0.from"),
        ("hotlines/thailand.yaml", HOTLINE.replace("hours: always", 'hours: ["mon 99:00"]'), "hours.0"),
        ("hotlines/thailand.yaml", HOTLINE.replace("title: A page", "titel: A page"), "source.titel"),
        ("topics/work.yaml", TOPIC.replace("- text:", "- when: {origin: mars}\n      text:"), "answer.0.origin"),
        ("topics/work.yaml", TOPIC.replace("th-1506", "th-1605"), "hotlines"),
        ("topics/work.yaml", TOPIC.replace("{fact:th-wage}", "400"), "answer.0.text"),
        ("flows/home.yaml", HOME.replace("go: ", "og: "), "steps.1.options.0.og"),
        ("safety.yaml", SAFETY.replace("points: 3", "points: many"), "points"),
    ],
)
def test_fields_are_named_as_in_the_forms(tmp_path: Path, name: str, words: str, field: str) -> None:
    found = Desk(write_content(tmp_path)).look(name, words)

    assert field in {finding.field for finding in found}


def test_the_conversations_of_a_sound_draft_are_walked_through(tmp_path: Path) -> None:
    desk = Desk(write_content(tmp_path, {"tests/home.yaml": TEST}))
    checked = desk.check()
    desk.write("tests/home.yaml", TEST.replace("offers: [where]", "offers: [nowhere]"))
    failed = desk.check()

    assert (checked.is_sound, checked.conversations) == (True, 1)
    assert not failed.is_sound
    assert [finding.file for finding in failed.findings if finding.severity is Severity.ERROR] == ["tests/home.yaml"]


def test_a_draft_with_a_mistake_is_assembled_and_one_that_cannot_be_read_is_not(tmp_path: Path) -> None:
    desk = Desk(write_content(tmp_path, {"flows/home.yaml": HOME.replace("flow:origin", "flow:orgin")}))
    wrong, assembled = desk.check(), asyncio.run(desk.checker.assembled(desk.tree, desk.folder))
    desk.write("flows/home.yaml", "flow: [")
    broken, not_assembled = desk.check(), asyncio.run(desk.checker.assembled(desk.tree, desk.folder))

    assert not wrong.is_sound
    assert assembled is not None
    assert not broken.is_sound
    assert not_assembled is None


def test_files_are_told_apart_by_their_bytes_and_not_by_when_they_were_written(tmp_path: Path) -> None:
    desk = Desk(write_content(tmp_path))
    tree = desk.tree
    first = asyncio.run(desk.checker.assembled(tree, desk.folder))
    for name in WHOLE:
        (desk.folder / name).touch()

    assert asyncio.run(desk.checker.assembled(desk.tree, desk.folder)) is first
    assert desk.tree.put("topics/work.yaml", blob_id(b"x")).hash != tree.hash


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"a: &x [*x]\n",
        b"a: &a [x,x,x]\nb: [*a,*a,*a]\n",
        b"[" * 100_000,
        b"- " * 5_000 + b"x",
        b"{a: " * 5_000,
        b"a: [" + b"x," * 60_000 + b"]",
        b"x" * 2_000_000,
        b"\xff\xfe\x00",
        b"\x00",
        b"a: 1\na: 2\n",
        b"!!python/object/apply:os.system [ls]\n",
        b"<<: {a: b}\n",
        b"--- a\n--- b\n",
        "flow: \u202eemoh\n".encode(),
        b"flow: home\ntitle: x\nscreens: {" + b"a: [end]," * 3_000 + b"}\n",
        b"flow: home\nscreens: [1, {2: [3]}]\n",
        b"- topic: [a]\n- topic: {a: b}\n- 3\n- [4]\n",
        b"flow: {a: b}\ntitle: [x]\nscreens:\n  a:\n    - say: [x]\n    - choose: x\n    - go: {a: b}\n    - do: [x]\n",
    ],
    ids=lambda source: repr(source[:24]),
)
@pytest.mark.parametrize(
    "name",
    ["flows/home.yaml", "topics/work.yaml", "bot.yaml", "safety.yaml", "texts/km/flows/home.yaml", "tests/a.yaml"],
)
def test_whatever_stands_in_a_file_it_is_told_and_nothing_breaks(quiet: Desk, name: str, source: bytes) -> None:
    found = quiet.look(name, source)

    assert all(finding.file == name and finding.words for finding in found)
    assert found or name.startswith("texts/")
