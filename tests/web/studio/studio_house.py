"""The studio behind the console's door, over real HTTP, with an archive of its own and the content that ships."""

import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import FormData

from bot.compiler import KeywordsOnly
from bot.desk.ticket import StaffId
from bot.dialogue.script import Script
from bot.studio.archive import Archive, examine_with
from bot.studio.calls import CallBook
from bot.studio.catalogue import Cataloguer
from bot.studio.changes import Change, ChangeId
from bot.studio.checking import Checker, Examine
from bot.studio.drafts import Drafts
from bot.studio.traffic import TrafficBook
from handlers.web.assets import Assets
from handlers.web.console.access import Route
from handlers.web.console.office import Office
from handlers.web.studio.door import StudioDoor
from handlers.web.studio.showing import StudioPages
from handlers.web.studio.studio import Studio
from tests.studio.examiners import find_nothing
from tests.web.console.desk_house import Browser, DeskHouse, a_desk_house, a_script

CONTENT = Path(__file__).parents[3] / "content"
SOME = (
    *("bot.yaml", "phrases.yaml", "helplines.yaml", "facts/*.yaml", "hotlines/*.yaml", "topics/before.yaml"),
    *("topics/work.yaml", "flows/home.yaml", "flows/unpaid-wages.yaml", "flows/offer-check.yaml", "media/passport.png"),
    *("texts/km/facts/*.yaml", "texts/km/topics/*.yaml", "texts/km/flows/home.yaml"),
)
_CHANGE = re.compile(r"/studio/at/([0-9a-f]+)/")


@dataclass
class StudioHouse:
    """The console with its studio."""

    desk: DeskHouse
    studio: Studio
    rules: tuple[Route, ...]

    @property
    def archive(self) -> Archive:
        return self.studio.archive

    async def change(self, change: str) -> Change:
        found = await self.archive.change(ChangeId(change))
        assert found is not None
        return found

    async def text(self, change: str, file: str) -> str:
        """A file of a change."""
        return (await self.archive.read((await self.change(change)).tree, file)).decode()


class Editor(Browser):
    """An editor's browser."""

    async def begin(self, title: str) -> str:
        """Begin a change; gives its id."""
        await self.get("/studio/changes")
        await self.post("/studio/changes", {"title": title})
        assert self.status == 200, self.text
        (found,) = set(_CHANGE.findall(self.path + "/"))
        return str(found)

    async def open(self, change: str, kind: str, entry: str, file: str) -> str:
        """Open a thing in the editor."""
        return await self.get(f"/studio/at/{change}/edit?{urlencode({'file': file, 'kind': kind, 'id': entry})}")

    async def upload(
        self, path: str, content: bytes, form: Mapping[str, str], name: str = "a.png", kind: str = "image/png"
    ) -> str:
        """Send a form with a file."""
        told = FormData()
        for field, value in {"csrf": self.csrf, **form}.items():
            told.add_field(field, value)
        told.add_field("file", BytesIO(content), filename=name, content_type=kind)
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        async with self._client.post(self._base + path, data=told, headers=headers) as response:
            return await self._read(response)


def some_content(folder: Path) -> Path:
    """A part of the content, in which the studio has everything to edit; it is no whole bot."""
    for name in SOME:
        for source in sorted(CONTENT.glob(name)):
            target = folder / source.relative_to(CONTENT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder


def whole_content(folder: Path) -> Path:
    """All that a bot needs; its conversations take longer to walk through than everything else."""
    shutil.copytree(CONTENT, folder, ignore=shutil.ignore_patterns("tests", "svg", "schema"))
    return folder


@asynccontextmanager
async def a_studio_house(
    script: Script,
    folder: Path,
    content: Path,
    examine: Examine = find_nothing,
    look_over: Examine | None = None,
) -> AsyncIterator[StudioHouse]:
    made: list[tuple[Studio, tuple[Route, ...]]] = []

    def more(office: Office, assets: Assets) -> tuple[Route, ...]:
        # What a page says is asked for apart, so that a test of publishing need not wait for what it does not show.
        archive = Archive(office.shelf, content, folder, office.clock, examine)
        checker = Checker()
        drafts = Drafts(KeywordsOnly, checker.folder)
        studio = Studio(
            *(
                office,
                StudioPages(office.script, assets),
                archive,
                checker,
                look_over or examine_with(KeywordsOnly),
                Cataloguer(),
            ),
            *(CallBook(office.shelf), drafts, TrafficBook(office.shelf, office.clock)),
        )
        rules = StudioDoor(studio).routes()
        made.append((studio, rules))
        return rules

    async with a_desk_house(a_script(script), folder, more) as desk:
        studio, rules = made[0]
        yield StudioHouse(desk, studio, rules)


async def begin_session(house: StudioHouse, member: StaffId) -> str:
    """Sign somebody in; gives their session, for a browser that goes on with it."""
    async with Editor(house.desk.base) as editor:
        await editor.sign_in(house.desk, member)
        (cookie,) = [one for one in editor._client.cookie_jar if one.key == "__Host-desk"]
        return str(cookie.value)
