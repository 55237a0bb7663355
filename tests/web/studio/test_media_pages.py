"""Pictures and recordings that editors bring, hostile ones too, over HTTP."""

import re
import zlib

from bot.studio.drafts import Draft
from bot.studio.uploads import Fit, read_sound
from tests.studio.test_uploads import SECOND, grey, jpeg, mp3, ogg, png, webm
from tests.web.console.desk_house import ADA, EDIT
from tests.web.studio.studio_house import Editor, StudioHouse

GOOD = png(40, 30, grey(40, 30))
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


async def test_a_picture_goes_into_the_change_and_reaches_nobody(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("A picture")
        path = f"/studio/at/{change}/media"
        await edit.upload(f"{path}/picture", GOOD, {"name": "new-one", "language": ""})
        assert (edit.status, edit.path) == (200, path), edit.text
        assert "new-one" in edit.text
        tree = (await house.change(change)).tree
        assert await house.archive.read(tree, "media/new-one.png") == GOOD
        assert "media/new-one.png" not in (await house.archive.present()).files
        await edit.upload(f"{path}/picture", jpeg(20, 20), {"name": "new-one", "language": ""})
        names = [name for name in (await house.change(change)).tree.files if "new-one" in name]
        assert names == ["media/new-one.jpg"]
        await edit.post(f"{path}/remove", {"file": "media/new-one.jpg"})
        assert not [name for name in (await house.change(change)).tree.files if "new-one" in name]


REFUSED = (
    (b"", "No file came"),
    (SVG, "SVG drawings are not taken"),
    (b"<!doctype html><script>alert(1)</script>", "no file that everybody can see"),
    (png(9, 9, zlib.compress(bytes(20_000_000), 9)), "broken"),
    (png(50_000, 50_000, zlib.compress(b"\0")), "too large: at most 2000 dots"),
    (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "broken"),
    (b"PK\x03\x04../../../etc/passwd", "no file that everybody can see"),
    (ogg(SECOND), "a recording, not a picture"),
)
NAMES = ("../x", "..", "/etc/passwd", "a/b", "x.png", "X", "", "a" * 51, "%2e%2e", "x\0")


async def test_what_is_no_picture_is_refused_in_words(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("A picture")
        before = (await house.change(change)).tree
        for content, told in REFUSED:
            await edit.upload(f"/studio/at/{change}/media/picture", content, {"name": "x", "language": ""})
            assert edit.status == 422, content[:40]
            assert told in edit.text, content[:40]
        assert (await house.change(change)).tree == before


async def test_no_name_leads_out_of_the_media(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("A picture")
        before = (await house.change(change)).tree
        for name in NAMES:
            await edit.upload(f"/studio/at/{change}/media/picture", GOOD, {"name": name, "language": ""})
            assert "Please write an id" in edit.text, name
        for language in ("..", "../..", "zz", "../flows", "km/.."):
            await edit.upload(f"/studio/at/{change}/media/picture", GOOD, {"name": "fine", "language": language})
            assert "Please write an id" in edit.text, language
        assert (await house.change(change)).tree == before


async def test_what_is_larger_than_any_picture_is_not_even_read(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("A picture")
        await edit.upload(f"/studio/at/{change}/media/picture", bytes(3_000_000), {"name": "x", "language": ""})
        assert edit.status == 413


async def test_nothing_but_media_is_sent(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as ada:
        await ada.sign_in(house.desk, ADA)
        for name in (
            *("../../../../etc/passwd", "/etc/passwd", "media/../bot.yaml", "bot.yaml", "media/svg/passport.svg"),
            *("media/nothing.png", "media/passport.png%00", "", "media/passport.PNG"),
        ):
            await ada.get(f"/studio/at/live/media/file?name={name}")
            assert ada.status == 404, name


async def test_a_picture_is_sent_as_what_it_is(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as ada:
        await ada.sign_in(house.desk, ADA)
        url = f"{house.desk.base}/studio/at/live/media/file?name=media/passport.png"
        async with ada._client.get(url) as response:
            assert response.status == 200
            assert response.content_type == "image/png"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_text_is_read_aloud(whole_house: StudioHouse) -> None:
    house, content = whole_house, webm(SECOND)
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Voices")
        path = f"/studio/at/{change}/record"
        text = await edit.get(f"{path}?text=home.menu.say&language=km")
        assert edit.status == 200
        assert "home.menu.say" in text
        await edit.upload(path, content, {"text": "home.menu.say", "language": "km"}, "a.webm", "audio/webm")
        assert edit.status == 200, edit.text
        made = read_sound(content)
        assert isinstance(made, Fit)
        tree = (await house.change(change)).tree
        assert await house.archive.read(tree, "media/km/home.menu.say.ogg") == made.content
        listed = (await house.archive.read(tree, "media/km/recordings.yaml")).decode()
        assert re.search(r"home\.menu\.say:", listed)
        assert "Edit" in listed
        draft = await house.studio.draft(house.studio.look_at(await house.change(change)))
        assert isinstance(draft, Draft)
        assert draft.script.media.recording("home.menu.say", "km") is not None
        # A text that changes is not recorded: it would say something else than what stands there.
        await edit.get(f"{path}?text=unpaid-wages.days.say&language=en")
        assert "cannot be recorded" in edit.text
        await edit.upload(path, mp3(100), {"text": "unpaid-wages.days.say", "language": "en"})
        assert (await house.change(change)).tree == tree


async def test_only_the_page_for_reading_aloud_may_listen(whole_house: StudioHouse) -> None:
    house = whole_house
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        for page, may in (("record?text=home.menu.say&language=en", True), ("media", False)):
            async with edit._client.get(f"{house.desk.base}/studio/at/live/{page}") as response:
                assert response.status == 200
                powers = response.headers["Permissions-Policy"]
                assert ("microphone=(self)" in powers) is may
                assert "camera=()" in powers
