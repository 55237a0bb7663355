"""What stands together on one screen: at most what a small phone shows, whatever is known of the person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.compiler.draft import ENGLISH, Draft
from bot.compiler.linking import Linked
from bot.compiler.measuring import Measure
from bot.compiler.problems import Place
from bot.compiler.translations import Translations
from bot.compiler.worlds import worlds
from bot.dialogue.conditions import ALWAYS, Condition, holds
from bot.dialogue.phrasebook import TextId
from bot.dialogue.steps import Ask, Checklist, Choose, ListTopics, Say, Screen
from bot.messages import MESSAGE_UNITS, Language, units

LONGEST_SCREEN: Final = 1000
LONG_ENGLISH_SCREEN: Final = 600


@dataclass(frozen=True, slots=True)
class _Shown:
    """A text of a screen, and when it is shown."""

    text: TextId
    when: Condition


def check_screens(draft: Draft, linked: Linked, translations: Translations, today: date) -> None:
    """Write down screens with more words than anybody reads, or than a message holds."""
    measure = Measure(draft, translations, today)
    profile = draft.bot.profile if draft.bot else {}
    languages = (ENGLISH, *translations.languages())
    for each in linked.flows.values():
        for screen in each.flow.screens.values():
            for part in _parts(screen):
                together = _together(part, profile)
                for language in languages:
                    _check_part(together, language, measure, each.screens[screen.id], draft)


def _check_part(
    together: Sequence[Sequence[TextId]], language: Language, measure: Measure, place: Place, draft: Draft
) -> None:
    whole = [("\n\n").join(measure.words(text, language) for text in texts) for texts in together]
    longest = max(whole, key=len, default="")
    if len(longest) <= LONG_ENGLISH_SCREEN:
        return
    if units(longest) > MESSAGE_UNITS:
        words = f"the {language} texts hold {units(longest)} characters; a message holds {MESSAGE_UNITS}"
        draft.notebook.error(place, words)
    elif len(longest) > LONGEST_SCREEN:
        words = f"the {language} texts of this screen hold {len(longest)} characters; at most {LONGEST_SCREEN} may"
        draft.notebook.error(place, words)
    elif language == ENGLISH and len(longest) > LONG_ENGLISH_SCREEN:
        words = f"the texts of this screen hold {len(longest)} characters; better at most {LONG_ENGLISH_SCREEN}"
        draft.notebook.warning(place, words)


def _parts(screen: Screen) -> Iterator[list[_Shown]]:
    """The texts of a screen up to each wait."""
    part: list[_Shown] = []
    for step in screen.steps:
        match step:
            case Say(text, when):
                part.append(_Shown(text, when))
            case Ask():
                part.append(_Shown(step.text, step.when))
            case _:
                pass
        if isinstance(step, Choose | Ask | ListTopics | Checklist):
            yield part
            part = []
    if part:
        yield part


def _together(part: Sequence[_Shown], profile: Mapping[str, tuple[str, ...]]) -> list[tuple[TextId, ...]]:
    """Which texts may be shown together; all of them where there are too many ways to try."""
    whole = tuple(shown.text for shown in part)
    conditions = [shown.when for shown in part if shown.when != ALWAYS]
    if not conditions:
        return [whole]
    ways = worlds(conditions, profile)
    if ways is None:
        return [whole]
    return list({tuple(shown.text for shown in part if holds(shown.when, known)): None for known in ways})
