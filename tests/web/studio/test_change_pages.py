"""A change from its first edit to the moment it is live and back again, as two people do it with their browsers."""

import re
from datetime import date, timedelta
from pathlib import Path

from bot.dialogue.script import Script
from bot.figures import Figures
from bot.store.shelf import ShelfKind
from bot.studio.changes import ChangeId, ChangeState, Edit, EditAll, Schedule
from bot.studio.checking import Checked, CheckError, Failure
from bot.studio.examining import Examiner
from bot.studio.tree import TreeHash
from bot.studio.uploads import Fit, read_sound
from handlers.web.studio.change_pages import MOST_SHOWN
from tests.studio.test_uploads import SECOND, grey, ogg, png
from tests.web.console.desk_house import ADA, EDIT, OPAL, SUE
from tests.web.studio.studio_house import Editor, StudioHouse, a_studio_house, some_content

FILE = "facts/cambodia.yaml"
TOPICS, FOLDER = "topics/work.yaml", "texts"


async def change_something(editor: Editor, house: StudioHouse, title: str = "Passport fee") -> str:
    """A change in which one word of one file is another."""
    change = await editor.begin(title)
    text = await house.text(change, FILE)
    await editor.get(f"/studio/at/{change}/edit?file={FILE}")
    form = {"file": FILE, "expects": (await house.change(change)).tree.files[FILE], "source": f"{text}\n# {title}\n"}
    await editor.post(f"/studio/at/{change}/edit/text", form)
    assert editor.status == 200, editor.text
    return change


async def write(editor: Editor, house: StudioHouse, change: str, instead: dict[str, str]) -> None:
    """Other words in the text of the file."""
    text = await house.text(change, FILE)
    for old, new in instead.items():
        text = text.replace(old, new)
    form = {"file": FILE, "expects": (await house.change(change)).tree.files[FILE], "source": text}
    await editor.post(f"/studio/at/{change}/edit/text", form)
    assert "Saved." in editor.text


async def approve(change: str, editor: Editor, reviewer: Editor, house: StudioHouse) -> None:
    """Ask for a review, and give it."""
    await editor.get(f"/studio/changes/{change}")
    await editor.post(f"/studio/changes/{change}/submit")
    await reviewer.get(f"/studio/changes/{change}")
    await reviewer.post(f"/studio/changes/{change}/approve", {"seen": (await house.change(change)).tree.hash})
    assert (await house.change(change)).state is ChangeState.APPROVED


async def test_nothing_goes_live_without_a_second_person(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        path = f"/studio/changes/{change}"
        await edit.post(f"{path}/publish")
        assert "A second person has to approve it first" in edit.text
        await edit.post(f"{path}/submit")
        seen = (await house.change(change)).tree.hash
        await edit.post(f"{path}/approve", {"seen": seen})
        assert (await house.change(change)).state is ChangeState.SUBMITTED
        assert "You wrote some of it" in edit.text
        assert "Passport fee" in await sue.get("/studio")
        text = await sue.get(path)
        assert re.search(r'name="seen" value="[0-9a-f]{64}"', text)
        await sue.post(f"{path}/approve", {"seen": seen})
        assert (await house.change(change)).state is ChangeState.APPROVED
        await sue.post(f"{path}/publish")
        assert sue.status == 403
        await edit.post(f"{path}/publish", {"why": "new fee"})
        assert (edit.status, edit.path) == (200, "/studio/versions"), edit.text
        assert (await house.change(change)).state is ChangeState.PUBLISHED
        assert "new fee" in edit.text
        assert "Approved by Sue" in edit.text
        deeds = [(one.staff, one.deed) for one in (await house.desk.chronicle.read())[0]]
        assert [deed for who, deed in deeds if who == SUE and deed.startswith("content")] == ["content-approved"]
        assert [deed for who, deed in deeds if who == EDIT and deed.startswith("content")] == [
            *("content-edited", "content-submitted", "content-published"),
        ]


async def test_what_the_check_finds_mistakes_in_is_not_published_and_the_page_says_so(
    page_script: Script, quick_folder: Path
) -> None:
    content = some_content(quick_folder / "content")
    examiner = Examiner(quick_folder / "learned", content, Figures())
    async with (
        a_studio_house(page_script, quick_folder / "data", content, examiner.examine, examiner.examine) as house,
        Editor(house.desk.base) as edit,
        Editor(house.desk.base) as sue,
    ):
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        await approve(change, edit, sue, house)
        await edit.post(f"/studio/changes/{change}/publish")
        assert (edit.status, edit.path.partition("?")[0]) == (200, f"/studio/changes/{change}")
        assert "It was not published: the check finds mistakes." in edit.text
        assert f'data-load="/studio/at/{change}/findings"' in edit.text
        assert "With these mistakes it cannot go live." in await edit.get(f"/studio/at/{change}/findings")
        assert re.findall(r'class="finding error"', edit.text)
        assert (await house.change(change)).state is ChangeState.APPROVED
        assert await house.archive.live() is None


async def test_what_could_not_be_checked_is_said_so_and_nothing_is_changed(
    page_script: Script, quick_folder: Path
) -> None:
    async def crash(_tree: TreeHash, _folder: Path, _day: date) -> Checked:
        raise CheckError(Failure.CRASHED, -9)

    content, told = some_content(quick_folder / "content"), "It could not be checked, so nothing was changed."
    async with (
        a_studio_house(page_script, quick_folder / "data", content, crash, crash) as house,
        Editor(house.desk.base) as edit,
        Editor(house.desk.base) as sue,
    ):
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        path = f"/studio/changes/{change}"
        assert told in await edit.get(f"/studio/at/{change}/findings")
        assert "With these mistakes" not in edit.text
        await approve(change, edit, sue, house)
        await edit.post(f"{path}/publish")
        assert told in edit.text
        assert (await house.change(change)).state is ChangeState.APPROVED

        late = "The time that was set is over, and it is not live yet."
        at = house.desk.clock.now() + timedelta(minutes=5)
        await house.archive.act(ChangeId(change), EDIT, Schedule(at))
        assert late not in await edit.get(path)
        house.desk.clock.set(at)
        await house.archive.publish_due()
        house.desk.clock.set(at + timedelta(minutes=2))
        assert late in await edit.get(path)
        assert await house.archive.live() is None


async def test_where_two_wrote_the_same_lines_both_are_shown_and_the_chosen_ones_stay(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        before = await house.archive.read(await house.archive.present(), FILE)
        first, second, *_ = re.findall(r"- fact: \S+\n", before.decode())
        mine, theirs = await edit.begin("Mine"), await edit.begin("Theirs")
        await write(edit, house, mine, {first: f"{first}  # my words <b>\n"})
        await write(edit, house, theirs, {first: f"{first}  # their words\n", second: f"{second}  # theirs alone\n"})
        await approve(theirs, edit, sue, house)
        await edit.post(f"/studio/changes/{theirs}/publish")
        await approve(mine, edit, sue, house)
        await edit.post(f"/studio/changes/{mine}/publish")
        assert "Bring it up to date first" in edit.text

        await edit.post(f"/studio/changes/{mine}/catch-up")
        assert edit.status == 409
        assert re.findall(r"<pre[^>]*>\s*(.*?)\s*</pre>", edit.text) == ["# my words &lt;b&gt;", "# their words"]
        assert (await house.change(mine)).state is ChangeState.APPROVED
        # Neither took words of the other away: both may stay.
        assert re.findall(rf'name="side:{FILE}" value="(\w+)"', edit.text) == ["mine", "theirs", "both"]

        await edit.post(f"/studio/changes/{mine}/catch-up", {f"side:{FILE}": "mine"})
        assert edit.status == 200
        assert "It stands on what is live now" in edit.text
        text = await house.text(mine, FILE)
        assert ["# my words" in text, "# their words" in text, "# theirs alone" in text] == [True, False, True]
        assert (await house.change(mine)).state is ChangeState.OPEN


async def test_an_edit_takes_the_approval_away(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        path = f"/studio/changes/{change}"
        await edit.post(f"{path}/submit")
        await sue.get(path)
        await sue.post(f"{path}/approve", {"seen": (await house.change(change)).tree.hash})
        now = await house.change(change)
        form = {"file": FILE, "expects": now.tree.files[FILE], "source": "[]\n"}
        await edit.post(f"/studio/at/{change}/edit/text", form)
        assert (await house.change(change)).state is ChangeState.OPEN
        await edit.get(path)
        await edit.post(f"{path}/publish")
        assert (await house.archive.live()) is None


async def test_whoever_reviews_can_reach_every_difference(house: StudioHouse) -> None:
    many, words = [f"{FOLDER}/km/{number}.yaml" for number in range(MOST_SHOWN)], "language: km\ntexts:\n  a.{}: {}\n"
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        topics = await house.text(change, TOPICS)
        put, tree = house.archive.put, (await house.change(change)).tree
        edits = [Edit(name, await put(words.format(place, place).encode()), None) for place, name in enumerate(many)]
        edits.append(Edit(TOPICS, await put(topics.replace("title: ", "title: Oh, ", 1).encode()), tree.files[TOPICS]))
        await house.archive.act(ChangeId(change), EDIT, EditAll(tuple(edits)))
        path = f"/studio/changes/{change}"
        await edit.get(path)
        await edit.post(f"{path}/submit")

        first = await sue.get(path)
        # Translations do not hide what stands in the language that they are made from.
        assert "<h3>Oh, " in first
        # Said where it is approved, and below the differences.
        assert len(re.findall(r'href="\?from=400#diff-title">and 2 more<', first)) == 2
        last = await sue.get(f"{path}?from=400")
        assert len(re.findall(r'class="diff"', first)) + len(re.findall(r'class="diff"', last)) == MOST_SHOWN + 2
        assert "from=800" not in last
        assert 'name="seen"' in last


async def test_whoever_reviews_is_told_of_a_figure_that_changed_without_its_source(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change, file = await edit.begin("Another number"), "hotlines/thailand.yaml"
        path, told = f"/studio/changes/{change}", "names the same source and the same day of the check as before"
        for old, new, is_told in (
            ("Ambulance (Thailand)", "Ambulance", False),
            ('dial: "1669"', 'dial: "1660"', True),
            ("checked: 2026-11-23", "checked: 2026-11-25", False),
        ):
            tree, text = (await house.change(change)).tree, await house.text(change, file)
            begin = text.index("- hotline: th-1669")
            written = text[:begin] + text[begin:].replace(old, new, 1)
            assert written != text, old
            blob = await house.archive.put(written.encode())
            await house.archive.act(ChangeId(change), EDIT, Edit(file, blob, tree.files[file]))
            assert (told in await sue.get(path)) is is_told, old
        assert "<dt>Numbers · 1 · Number</dt>" in sue.text


async def test_whoever_reviews_a_picture_and_a_sound_sees_and_hears_both(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await edit.begin("Another picture")
        other, sound = png(40, 30, grey(40, 30)), read_sound(ogg(SECOND))
        assert isinstance(sound, Fit)
        await edit.upload(f"/studio/at/{change}/media/picture", other, {"name": "passport", "language": ""})
        put, tree = house.archive.put, (await house.change(change)).tree
        heard = "media/km/home.menu.say.ogg"
        await house.archive.act(ChangeId(change), EDIT, Edit(heard, await put(sound.content), None))
        before = await house.archive.read((await house.change(change)).origin, "media/passport.png")

        text = await sue.get(f"/studio/changes/{change}")
        shown = re.findall(r'<(img|audio)[^>]* src="(/studio/media/[0-9a-f]{64}/[^"]+)"', text)
        assert [kind for kind, _ in shown] == ["audio", "img", "img"]
        for (_, address), content in zip(shown, (sound.content, before, other), strict=True):
            async with sue._client.get(house.desk.base + address) as response:
                assert await response.read() == content
                assert response.content_type == ("audio/ogg" if address.endswith("ogg") else "image/png")
        words = tree.files[FILE]
        for nothing in (f"/studio/media/{'0' * 64}/a.png", f"/studio/media/{words}/a.yaml", "/studio/media/x/a.png"):
            await sue.get(nothing)
            assert sue.status == 404, nothing


async def test_what_was_approved_is_what_was_seen(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        await edit.post(f"/studio/changes/{change}/submit")
        await sue.get(f"/studio/changes/{change}")
        await sue.post(f"/studio/changes/{change}/approve", {"seen": "0" * 64})
        assert "Somebody else changed this meanwhile" in sue.text
        assert (await house.change(change)).state is ChangeState.SUBMITTED


async def test_who_calls_a_change_otherwise_is_written_down(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Passport fee")
        for title in (" Another fee ", "Another fee", ""):
            await edit.get(f"/studio/changes/{change}")
            await edit.post(f"/studio/changes/{change}/retitle", {"title": title})
        assert (await house.change(change)).title == "Another fee"
        told = [(one.staff, one.deed, one.why) for one in (await house.desk.chronicle.read())[0] if one.what == change]
        assert told == [(EDIT, "content-edited", "Another fee")]


async def test_a_change_is_talked_about_and_sent_back(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        path = f"/studio/changes/{change}"
        await edit.post(f"{path}/submit")
        await sue.get(path)
        for _ in (1, 2):
            # The second time, since nobody could say whether the first had arrived.
            await sue.post(f"{path}/comment", {"words": "Where is it <b>from</b>?"})
        assert "Where is it &lt;b&gt;from&lt;/b&gt;?" in sue.text
        await sue.post(f"{path}/send-back", {"words": "Please add the source"})
        now = await house.change(change)
        assert now.state is ChangeState.OPEN
        assert [one.words for one in now.comments] == ["Where is it <b>from</b>?", "Please add the source"]
        assert "Please add the source" in await edit.get(path)


async def test_one_click_and_a_reason_lead_back(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue, Editor(house.desk.base) as opal:
        for browser, member in ((edit, EDIT), (sue, SUE), (opal, OPAL)):
            await browser.sign_in(house.desk, member)
        before = await house.archive.present()
        change = await change_something(edit, house)
        path = f"/studio/changes/{change}"
        await edit.post(f"{path}/submit")
        await sue.get(path)
        await sue.post(f"{path}/approve", {"seen": (await house.change(change)).tree.hash})
        await edit.post(f"{path}/publish")
        versions = await house.archive.versions()
        assert [one.number for one in versions] == [2, 1]
        text = await opal.get("/studio/versions/1")
        assert "Go back to this version" in text
        await opal.post("/studio/versions/1/roll-back", {"why": ""})
        assert "Please write something" in opal.text
        await opal.post("/studio/versions/1/roll-back", {"why": "the fee was wrong"})
        assert (opal.status, opal.path) == (200, "/studio/versions")
        live = await house.archive.live()
        assert live is not None
        newest = await house.archive.version(live.version)
        assert newest is not None
        assert (newest.number, newest.returns_to, newest.tree) == (3, 1, before)


async def test_a_change_goes_live_by_itself_at_a_time_by_the_clock_on_the_page(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as sue:
        await edit.sign_in(house.desk, EDIT)
        await sue.sign_in(house.desk, SUE)
        change = await change_something(edit, house)
        path = f"/studio/changes/{change}"
        await edit.post(f"{path}/submit")
        await sue.get(path)
        await sue.post(f"{path}/approve", {"seen": (await house.change(change)).tree.hash})
        await edit.get(path)
        await edit.post(f"{path}/schedule", {"at": "soon"})
        assert "Please choose a day and a time" in edit.text
        await edit.post(f"{path}/schedule", {"at": "9999-12-31T23:59"})
        assert "Please choose a day and a time" in edit.text
        await edit.post(f"{path}/schedule", {"at": "2000-01-01T10:00"})
        assert "This time is over already" in edit.text
        await edit.post(f"{path}/schedule", {"at": "2099-01-01T10:00"})
        (planned,) = await house.archive.scheduled()
        assert planned.at.isoformat() == "2099-01-01T03:00:00+00:00"
        await edit.post(f"{path}/unschedule")
        assert await house.archive.scheduled() == ()


async def test_whoever_only_looks_is_offered_nothing_to_do(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as ada:
        await edit.sign_in(house.desk, EDIT)
        await ada.sign_in(house.desk, ADA)
        change = await change_something(edit, house)
        for page in (f"/studio/changes/{change}", "/studio/changes", "/studio/versions", "/studio"):
            text = await ada.get(page)
            assert ada.status == 200
            assert re.findall(r'action="(/[^"]*)"', text) == ["/desk/sign-out"], page


async def test_content_that_cannot_be_read_is_said_so_to_staff(house: StudioHouse) -> None:
    await house.desk.shelf.write_shelf(ShelfKind.CONTENT_INDEX, "index", b"\xc1 of another program")
    async with Editor(house.desk.base) as editor:
        await editor.sign_in(house.desk, EDIT)
        await editor.get("/studio/changes")

    assert editor.status == 500
    assert "It was noted. Please try again." in editor.text
