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

from bot.compiler.reading_media import MOST_PICTURE_BYTES, MOST_RECORDING_BYTES
from bot.dialogue.desk_wording import seen
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.messages import Language
from bot.studio.forms import AnswerForm
from bot.studio.uploads import MOST_PIXELS, Unfit
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

    def field(self, name: str) -> str:
        """A field by its way through the entry: `numbers.1.dial` is the dialling of the first number."""
        return " · ".join(self._step(part) for part in name.split(".") if part)

    def option(self, group: str, value: str) -> str:
        """What may be chosen in a field, in words; a value without any stands as it is."""
        match group:
            case "country":
                return self.say("from-anywhere") if value == "anywhere" else self.console.country(value)
            case "language":
                return self.console.tongue(Language(value))
            case "unit":
                return self._phrase(f"unit-{value}", value, n="…").removeprefix("…").strip()
            case "per":
                return self._phrase(f"per-{value}", value, amount="…")
            case "urgency":
                return self._phrase(f"desk-urgency-{value}", value)
            case "danger":
                return self.console.topic(value)
            case _:
                return self._phrase(f"studio-{group}-{value.replace(' ', '-')}", value)

    def who(self, answer: AnswerForm) -> str:
        """For whom an answer is."""
        told = [self.option("country", one) for one in answer.origin]
        told += [self.say("is-in", country=self.option("country", one)) for one in answer.here]
        told += [self.option("stage", one) for one in answer.stage]
        return " · ".join([*told, *([answer.more] if answer.more else [])]) or self.say("everybody")

    def unfit(self, why: Unfit, what: str) -> str:
        """Why an upload was not taken."""
        most = MOST_PICTURE_BYTES if what == "picture" else MOST_RECORDING_BYTES
        return self.say(f"unfit-{why}", kinds="OGG (Opus), MP3", most=most // 1024, dots=MOST_PIXELS)

    def _phrase(self, name: str, otherwise: str, /, **slots: object) -> str:
        known = TextId(f"phrase.{name}") in self.console.script.phrasebook
        return self.console.phrase(name, **slots) if known else otherwise

    def _step(self, part: str) -> str:
        known = f"field-{part.replace('_', '-')}"
        return self.say(known) if self.has(known) else part

    def has(self, name: str) -> bool:
        """Whether the studio has a phrase of this name."""
        return TextId(f"phrase.studio-{name}") in self.console.script.phrasebook

    def notice(self, name: str) -> str:
        """What came of a form, `notice-…` or `refused-…`; a name that nobody of us gave says nothing."""
        own = name if name.startswith("refused-") else f"notice-{name}"
        if self.has(own):
            return self.say(own)
        return self._phrase(name, "")


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
