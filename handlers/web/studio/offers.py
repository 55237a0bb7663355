"""What may be chosen in the fields of the forms: the words of the content's own formats, and the ids that exist."""

from collections.abc import Mapping
from typing import Final

from bot.compiler.forms import ACTIONS, COUNTRIES, HOTLINE_KINDS, STAGES, URGENCIES, ZONES
from bot.desk.helplines import Mode
from bot.dialogue.script import Script
from bot.dialogue.steps import AnswerKind
from bot.facts import Confidence
from bot.studio.catalogue import Catalogue
from bot.studio.kinds import Kind

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STEPS: Final = ("say", "show", "choose", "ask", "set", "call", "go", "do", "end")
_DANGERS: Final = ("held-against-will", "violence", "suicide", "medical-emergency")
_LISTED: Final = {
    "topics": Kind.TOPIC,
    "flows": Kind.FLOW,
    "hotlines": Kind.HOTLINE,
    "facts": Kind.FACT,
    "helplines": Kind.HELPLINE,
    "phrases": Kind.PHRASE,
}


def offers(script: Script, catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """By the name of what is chosen; a value that stands in a file and not here stays as it is."""
    phrases = [one.removeprefix("phrase.") for one in script.phrasebook if one.startswith("phrase.")]
    ids = {name: tuple(one.id for one in catalogue.of(kind)) for name, kind in _LISTED.items()}
    return ids | {
        "units": _behind("unit-", phrases),
        "pers": _behind("per-", phrases),
        "confidence": tuple(Confidence),
        "countries": COUNTRIES[:4],
        "origins": tuple(script.profile.get("origin", ())),
        "here": tuple(script.profile.get("here", ())),
        "stage": tuple(script.profile.get("stage", ())),
        "stages": STAGES,
        "works-from": (*COUNTRIES[:4], "anywhere"),
        "kinds": HOTLINE_KINDS,
        "languages": tuple(script.tongues),
        "zones": ZONES,
        "days": DAYS,
        "cost": ("free", "normal", "unknown"),
        "interpreter": ("yes", "not guaranteed"),
        "chat": ("line", "telegram", "facebook", "web", "email", "whatsapp", "viber"),
        "urgency": URGENCIES,
        "mode": tuple(Mode),
        "yes": ("yes",),
        "danger": _DANGERS,
        "holidays": tuple(sorted(script.helplines.holidays)),
        "steps": STEPS,
        "actions": ACTIONS,
        "answers": tuple(AnswerKind),
        "pictures": tuple(sorted(script.media.pictures)),
    }


def _behind(start: str, names: list[str]) -> tuple[str, ...]:
    found = dict.fromkeys(name.removeprefix(start).removesuffix("-one") for name in names if name.startswith(start))
    return tuple(found)
