"""Pictures and recordings on the page: shown where the content says, kept for good, and nothing else let out."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.media import Media, MediaFile, MediaKind, hash_of
from tests.web.house import House, Phone

VOICE: Final = b"ID3" + bytes(range(256)) * 4
QUESTION: Final = TextId("trafficking-signs.deceived.say")


@pytest.fixture
def voice(tmp_path: Path) -> MediaFile:
    path = tmp_path / "question.mp3"
    path.write_bytes(VOICE)
    return MediaFile(path, MediaKind.MP3, hash_of(VOICE))


@pytest.fixture
async def phone(page_script: Script, voice: MediaFile) -> AsyncIterator[Phone]:
    """In a house whose first question about force was read out in English."""
    media = Media(page_script.media.pictures, {QUESTION: {"en": voice}})
    async with House(replace(page_script, media=media)).open() as base, Phone(base) as phone:
        yield phone


async def test_a_picture_stands_in_its_message_with_its_size_and_nothing_to_be_read_aloud(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")

    shown = (await phone.look("/?open=offer-check")).attributes["img"]
    assert {name: shown[name] for name in ("alt", "width", "height", "loading")} == {
        "alt": "",
        "width": "144",
        "height": "144",
        "loading": "lazy",
    }


async def test_the_first_page_and_the_menu_have_no_pictures(phone: Phone) -> None:
    first = await phone.look()
    menu = await phone.walk("en", "go-on", "kh", "th")

    assert "img" not in {*first.tags, *menu.tags}
    assert "audio" not in {*first.tags, *menu.tags}


async def test_every_picture_of_the_content_is_there_and_is_kept_for_good(phone: Phone, page_script: Script) -> None:
    files = list(page_script.media.files())
    assert len(files) > 30

    for file in files:
        async with phone.http.get(f"{phone.base}/media/{file.public_name}") as answer:
            assert await answer.read() == file.path.read_bytes()
            assert answer.headers["Content-Type"] == "image/png"
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_who_asks_to_hear_gets_a_player_that_loads_only_when_it_is_played(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    silent = (await phone.get("/?open=trafficking-signs")).page
    pressed = await phone.press(silent, "go-on")
    assert pressed.status == 303
    question = await phone.look()
    assert "audio" not in question.tags

    await phone.press(question, "hear")
    heard = await phone.look()

    player = heard.attributes["audio"]
    assert (player["preload"], "controls" in player, "autoplay" in player) == ("none", True, False)
    assert "hear" not in {button.means for article in heard.articles for button in article.buttons}
    assert "img" in heard.tags
    async with phone.http.get(phone.base + player["src"], headers={"Range": "bytes=3-6"}) as part:
        assert (part.status, await part.read()) == (206, VOICE[3:7])
        assert part.headers["Content-Type"] == "audio/mpeg"


async def test_the_button_to_hear_has_a_name_for_who_cannot_see_it(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    page = (await phone.get("/?open=trafficking-signs")).page
    await phone.press(page, "go-on")

    text = (await phone.get()).text

    assert '<span class="icon">🔊</span>' in text


async def test_a_file_that_changed_since_it_was_checked_is_not_shown(phone: Phone, voice: MediaFile) -> None:
    voice.path.write_bytes(b"<script>")

    changed = await phone.get(f"/media/{voice.public_name}")
    voice.path.unlink()
    gone = await phone.get(f"/media/{voice.public_name}")

    assert [changed.status, gone.status] == [404, 404]


async def test_drawings_and_lists_of_the_content_cannot_be_asked_for(phone: Phone) -> None:
    for name in ("svg", "passport.svg", "passport", "svg%2fpassport.svg", "recordings.yaml", "%2e%2e"):
        assert (await phone.get(f"/media/{name}")).status == 404


async def test_a_message_of_older_content_is_shown_without_its_picture(page_script: Script) -> None:
    nothing = replace(page_script, media=Media())
    async with House(nothing).open() as base, Phone(base) as phone:
        await phone.walk("en", "go-on", "kh", "th")
        page = await phone.look("/?open=before-i-leave")

    assert "passport" in {button.means for article in page.articles for button in article.buttons}
    assert "img" not in page.tags
