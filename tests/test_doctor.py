"""Whoever looks after the bot is told of each helpline whether it can take calls, and what to do where it cannot."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import staffing
from bot.compiler.translations import hash_of
from bot.desk.enrolling import topics_turned
from bot.desk.staff import Roster
from bot.desk.ticket import StaffId
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.doctor import Finding, examine
from bot.messages import Language
from bot.settings import Settings
from bot.studio.archive import Archive
from bot.studio.changes import Approve, Change, Edit, Submit
from bot.studio.versions import Version
from tests.compiler.content_builder import write_content
from tests.studio.examiners import find_nothing
from tests.whole.running_bot import CONTENT

DAY = datetime(2026, 11, 26, 10, 0, tzinfo=ZoneInfo("Asia/Bangkok"))
NIGHT = DAY.replace(hour=23)


OWN = ("example-thailand", "example-cambodia")
TEXTS = (
    *(f"helpline.{helpline}.{part}" for helpline in OWN for part in ("name", "about")),
    *(f"canned.{helpline}.received" for helpline in OWN),
    "canned.example-thailand.office",
)


@pytest.fixture
def settings(quick_folder: Path, real_script: Script) -> Settings:
    """Two helplines of the three are nobody's example any more: the one in Thailand and the one in Cambodia."""
    content = quick_folder / "content"
    shutil.copytree(CONTENT, content, ignore=shutil.ignore_patterns("tests"))
    declared = (content / "helplines.yaml").read_text(encoding="utf-8")
    own = declared.replace('    example: "yes"\n', "", len(OWN))
    (content / "helplines.yaml").write_text(own, encoding="utf-8")
    for language in ("km", "lo", "my", "th"):
        lines = [f"language: {language}", "status: draft", "texts:"]
        for text in TEXTS:
            phrase, _ = real_script.phrasebook.find(TextId(text), Language("en"))
            english = str(phrase[0])
            lines.append(f'  {text}: {{from: {hash_of(english)}, text: "{english}"}}')
        (content / "texts" / language / "helplines.yaml").write_text("\n".join(lines), encoding="utf-8")
    return Settings(data_dir=quick_folder / "var", content_dir=content)


async def of_helplines(settings: Settings, now: datetime = DAY) -> dict[str, Finding]:
    findings = await examine(settings, now)
    return {one.what: one for one in findings if one.what.startswith("helpline") or one.what == "examples"}


async def enrol(office: staffing.Office, name: str, helpline: str) -> None:
    lines = await staffing.invite(office, name, "supervisor", [helpline], [], None)
    code = next(line.split()[-1] for line in lines if "/staff" in line)
    assert await office.enrolment.enrol(code, f"7{len(name)}") == "enrolled"


async def link(office: staffing.Office, helpline: str, group: str) -> None:
    code = (await staffing.link(office, helpline))[-1].split()[-1]
    assert await office.enrolment.link(code, group) == "linked"


async def test_each_helpline_is_told_with_what_is_missing_and_then_as_well(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        found = await of_helplines(settings)
        thai = found["helpline example-thailand"]
        assert (thai.is_well, thai.words.split(";")[0]) == (False, "not linked, 0 enrolled, 0 invited, on duty now")
        assert "waymark helpline link example-thailand" in thai.words
        assert "waymark staff invite" in thai.words
        assert found["examples"].is_well
        assert found["examples"].words.startswith("example-laos: ")

        await staffing.invite(office, "Dara", "responder", ["example-thailand"], [], None)
        await enrol(office, "Anna", "example-thailand")
        await link(office, "example-thailand", "-100")
        thai = (await of_helplines(settings, NIGHT))["helpline example-thailand"]
        assert (thai.is_well, thai.words) == (True, "linked, 1 enrolled, 1 invited, not on duty now")


async def test_what_hinders_a_linked_helpline_is_told(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        await enrol(office, "Anna", "example-thailand")
        await enrol(office, "Sok", "example-cambodia")
        await link(office, "example-thailand", "-100")
        await link(office, "example-cambodia", "-200")
        await office.roster.change(lambda roster: with_stranger(topics_turned(roster, group="-100", on=False)))

        found = await of_helplines(settings)

    assert "turn Topics on" in found["helpline example-thailand"].words
    assert "somebody who is not enrolled is in its group" in found["helpline example-thailand"].words
    assert "nobody there can read yet" in found["helpline example-cambodia"].words


def with_stranger(roster: Roster) -> Roster:
    links = {key: replace(link, stranger=DAY) if link.group == "-100" else link for key, link in roster.links.items()}
    return replace(roster, links=links)


async def test_while_the_store_is_away_nothing_is_claimed_and_nothing_is_made(settings: Settings) -> None:
    found = await of_helplines(settings)

    assert found["helpline example-thailand"].words.startswith("on duty now; ")
    assert not any("enrolled" in one.words for one in found.values())
    assert not settings.data_dir.exists()


async def test_content_with_mistakes_is_told_once(settings: Settings) -> None:
    (settings.content_dir / "helplines.yaml").write_text("helplines: no", encoding="utf-8")

    findings = await examine(settings, DAY)

    assert [one.what for one in findings if not one.is_well] == ["content"]


async def test_once_content_was_published_it_is_said_that_the_folder_is_not_read(quick_folder: Path) -> None:
    content = write_content(quick_folder, {"README.md": "Yours."})
    settings = Settings(data_dir=quick_folder / "var", content_dir=content)
    async with staffing.open_office(settings) as office:
        assert "published" not in {one.what for one in await examine(settings, DAY)}
        archive = Archive(office.store.shelf(), settings.content_dir, settings.data_dir, office.clock, find_nothing)
        change = await archive.begin("Ours", StaffId("one"))
        assert isinstance(change, Change)
        edit = Edit("README.md", await archive.put(b"Ours."), change.tree.files["README.md"])
        for by, action in (("one", edit), ("one", Submit())):
            change = await archive.act(change.id, StaffId(by), action)
            assert isinstance(change, Change)
        assert isinstance(await archive.act(change.id, StaffId("two"), Approve(change.tree.hash)), Change)
        assert isinstance(await archive.publish(change.id, StaffId("one")), Version)

        (found,) = (one for one in await examine(settings, DAY) if one.what == "published")

    assert found.is_well
    assert "version 2 is live" in found.words
    assert "differs in 1 of its files: waymark content diff live folder" in found.words


async def test_the_content_is_walked_through_with_all_that_the_bot_understands(quick_folder: Path) -> None:
    settings = Settings(data_dir=quick_folder / "var", content_dir=CONTENT)

    (content,) = [one for one in await examine(settings, DAY) if one.what == "content"]

    assert content.is_well, content.words
    assert " conversations: 0 errors, 0 warnings" in content.words
    assert not (quick_folder / "var").exists()
