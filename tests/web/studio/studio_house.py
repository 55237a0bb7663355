"""The studio behind the console's door, over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.dialogue.script import Script
from handlers.web.assets import Assets
from handlers.web.console.access import Route
from handlers.web.console.office import Office
from handlers.web.studio.door import StudioDoor
from handlers.web.studio.showing import StudioPages
from handlers.web.studio.studio import Studio
from tests.web.console.desk_house import DeskHouse, a_desk_house, a_script


@dataclass
class StudioHouse:
    """The console with its studio."""

    desk: DeskHouse
    studio: Studio
    rules: tuple[Route, ...]


@asynccontextmanager
async def a_studio_house(script: Script, folder: Path) -> AsyncIterator[StudioHouse]:
    made: list[tuple[Studio, tuple[Route, ...]]] = []

    def more(office: Office, assets: Assets) -> tuple[Route, ...]:
        studio = Studio(office, StudioPages(office.script, assets))
        rules = StudioDoor(studio).routes()
        made.append((studio, rules))
        return rules

    async with a_desk_house(a_script(script), folder, more) as desk:
        studio, rules = made[0]
        yield StudioHouse(desk, studio, rules)
