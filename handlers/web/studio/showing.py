"""Puts the studio's pages together: a template and what it shows, a page out.

Everything that people wrote is escaped where it is put in, by the templates. No style and no program stands in a page:
the policy in headers.py lets none run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.dialogue.desk_wording import seen
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from handlers.web.assets import Assets
from handlers.web.console import views
from handlers.web.console.showing import HERE as CONSOLE
from handlers.web.console.showing import lines_of
from handlers.web.console.wording import ConsoleWords, exact

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


class AroundPage(Protocol):
    """What stands around a page: of it only the console's part is needed here."""

    @property
    def console(self) -> views.Around:
        """Language, moment, clock, and who is signed in."""


@dataclass(frozen=True, slots=True)
class StudioWords:
    """The studio's words in one member's language. `console` knows all the others, and times and names of languages."""

    console: ConsoleWords

    def say(self, name: str, /, **slots: object) -> str:
        """One of the studio's own phrases."""
        return self.console.phrase(f"studio-{name}", **slots)

    def count(self, name: str, number: int, /, **slots: object) -> str:
        """A phrase that tells how many; the one for exactly one has `-one` behind its name."""
        return self.say(f"{name}-one" if number == 1 else name, count=number, **slots)

    def has(self, name: str) -> bool:
        """Whether the studio has a phrase of this name."""
        return TextId(f"phrase.studio-{name}") in self.console.script.phrasebook

    def notice(self, name: str) -> str:
        """What came of a form; a name that nobody of us gave says nothing."""
        if self.has(f"notice-{name}"):
            return self.say(f"notice-{name}")
        return self.console.phrase(name) if TextId(f"phrase.{name}") in self.console.script.phrasebook else ""


@dataclass(frozen=True, slots=True)
class StudioPages:
    """Makes pages out of templates."""

    script: Callable[[], Script]
    assets: Assets

    def page(self, template: str, around: AroundPage, **view: object) -> str:
        """A whole page: a template that extends `studio.html`, with `around`, `words` and what is given besides."""
        console = around.console
        return (
            _environment()
            .get_template(template)
            .render(
                around=around,
                words=self.words(console),
                asset=self.assets.address,
                **view,
            )
        )

    def words(self, console: views.Around) -> StudioWords:
        """The words alone, for answers that are no pages."""
        return StudioWords(ConsoleWords(self.script(), console.language, console.now, console.zone))


@cache
def _environment() -> Environment:
    environment = Environment(
        # `shared.html` is the console's: its pieces take `words.console`.
        loader=FileSystemLoader([HERE / "templates", CONSOLE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"seen": seen, "exact": exact, "lines": lines_of}
    return environment
