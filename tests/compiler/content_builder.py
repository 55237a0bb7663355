"""Small trees of content for tests, and large ones for benchmarks."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from bot.compiler import Notebook, check_content
from bot.compiler.assembling import Assembled
from bot.compiler.draft import Role, slots_of
from bot.compiler.translations import hash_of
from bot.dialogue.desk_wording import DESK_PHRASES
from bot.dialogue.page_phrases import PAGE_PHRASES
from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Slot, ValueSlot
from bot.dialogue.wording import ENGINE_PHRASES

TODAY: Final = date(2026, 11, 25)

BOT: Final = """\
name: Waymark
description: Information about working abroad.
short_description: Working abroad.
languages:
  km: {name: "ខ្មែរ", fallback: [en]}
  lo: {name: "ລາວ", fallback: [en]}
  en: {name: English}
profile:
  origin: {values: [kh, la, mm], ask: origin}
special: {welcome: home, home: home, language: home, person: home, cover: home}
emergency: {}
keywords:
  home: {en: [home]}
"""

_OTHER_PHRASES: Final = (
    "rather-not-say",
    "country-kh",
    "country-la",
    "country-mm",
    "country-th",
    "language-en",
    "language-th",
    "language-km",
    "language-lo",
    "language-my",
)
PHRASES: Final = (
    "phrases:\n"
    + "".join(
        f"  {name}: Words for {name}\n"
        for name in (*ENGINE_PHRASES, *DESK_PHRASES, *PAGE_PHRASES["page"], *_OTHER_PHRASES)
    )
    + """\
  unit-THB: "{n} baht"
  per-day: "{amount} a day"
"""
)

HOME: Final = """\
flow: home
title: Home
screens:
  menu:
    - say: What do you want to know?
    - choose:
        where: {label: Where I am from, go: "flow:origin"}
        again: Again
"""

ORIGIN: Final = """\
flow: origin
title: Origin
screens:
  ask:
    - say: Where are you from?
    - choose:
        kh: Cambodia
        la: Laos
        mm: Myanmar
        unsaid: {label: {phrase: rather-not-say}}
      save: origin
"""

EXAMPLES: Final = "[wage, pay, salary, how much pay, what is my pay, daily money]"

TOPIC: Final = f"""\
- topic: minimum-wage
  title: Minimum wage
  urgency: normal
  ask: {EXAMPLES}
  answer:
    - text: "The lowest wage is {{fact:th-wage}}."
      checked: 2026-11-23
      review_by: 2027-05-23
  hotlines: [th-1506]
"""

FACT: Final = """\
- fact: th-wage
  about: Minimum wage
  value: 400
  unit: THB
  per: day
  source: {title: A law}
  checked: 2026-11-23
  review_by: 2027-05-23
  confidence: high
"""

HOTLINE: Final = """\
- hotline: th-1506
  name: Labour line
  what: Takes complaints about pay.
  kind: [labour]
  numbers:
    - {dial: "1506", from: [th]}
  hours: always
  zone: Asia/Bangkok
  languages: [th]
  cost: free
  source: {title: A page}
  checked: 2026-11-23
  review_by: 2027-02-23
  confidence: high
"""

CONCEPTS: Final = """\
concepts:
  wage: {en: [wage, pay, salary], km: [ប្រាក់ខែ]}
  locked: {en: [locked, locked in], km: [ចាក់សោ]}
off_topic:
  en: [what is the weather, who won the match, tell me a joke, good morning]
"""

SAFETY: Final = """\
ideas:
  locked: {kind: held-against-will, points: 3}
examples: {}
preview:
  en: [police]
"""

WHOLE: Final[Mapping[str, str]] = {
    "bot.yaml": BOT,
    "phrases.yaml": PHRASES,
    "flows/home.yaml": HOME,
    "flows/origin.yaml": ORIGIN,
    "topics/work.yaml": TOPIC,
    "facts/thailand.yaml": FACT,
    "hotlines/thailand.yaml": HOTLINE,
    "concepts.yaml": CONCEPTS,
    "safety.yaml": SAFETY,
}
"""The smallest content without a mistake."""


def write_content(folder: Path, files: Mapping[str, str] | None = None, **more: str) -> Path:
    """Write the whole small content with some files changed or added; an empty one is left out."""
    content = folder / "content"
    for name, words in {**WHOLE, **(files or {}), **more}.items():
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if words:
            path.write_text(words, encoding="utf-8")
    return content


def problems_of(folder: Path, files: Mapping[str, str] | None = None, today: date = TODAY) -> list[str]:
    """Everything that is wrong with the small content when these files are changed, as it is told."""
    notebook = Notebook()
    check_content(write_content(folder, files), today, notebook)
    return [str(problem) for problem in notebook.problems()]


def without(words: str, *lines: str) -> str:
    """A file without the lines that start so."""
    kept = (line for line in words.splitlines(keepends=True) if not line.strip().startswith(lines))
    return "".join(kept)


# Large content


_WORDS: Final = {
    "en": "Keep your passport with you and ask for a receipt each time that you pay",
    "km": "រក្សាលិខិតឆ្លងដែនជាមួយអ្នក និងសុំបង្កាន់ដៃរាល់ពេលដែលអ្នកបង់ប្រាក់",
    "lo": "ເກັບໜັງສືຜ່ານແດນໄວ້ກັບຕົວ ແລະ ຂໍໃບຮັບເງິນທຸກຄັ້ງທີ່ທ່ານຈ່າຍ",
    "my": "ပတ်စပို့ကို ကိုယ်တိုင်သိမ်းပါ၊ ငွေပေးတိုင်း ပြေစာတောင်းပါ",
    "th": "เก็บหนังสือเดินทางไว้กับตัว และขอใบเสร็จทุกครั้งที่คุณจ่ายเงิน",
}
SCREENS_IN_A_FLOW: Final = 20
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def generate_content(folder: Path, screens: int, languages: Iterable[str] = ("km", "lo", "my", "th")) -> Path:
    """Write sound content with so many screens, all of it translated: texts, a fact, conditions and a score on each."""
    tongues = "".join(f"  {code}: {{name: {code}, fallback: [en]}}\n" for code in languages)
    flows = range(-(-screens // SCREENS_IN_A_FLOW))
    menu = '        on: {label: Go on, go: "flow:part-aa"}\n'
    files = {
        "bot.yaml": BOT.replace(BOT[BOT.index("  km:") : BOT.index("  en:")], tongues),
        "flows/home.yaml": HOME.replace("        again: Again\n", menu),
    }
    for flow in flows:
        count = min(SCREENS_IN_A_FLOW, screens - flow * SCREENS_IN_A_FLOW)
        files[f"flows/part-{_letters(flow)}.yaml"] = _generated_flow(flow, count, is_last=flow + 1 == len(flows))
    content = write_content(folder, files)
    assembled = check_content(content, TODAY, Notebook())
    if assembled is None:
        raise FileNotFoundError(content)
    for language in languages:
        for name, words in _translated(assembled, language).items():
            path = content / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words, encoding="utf-8")
    return content


def _translated(assembled: Assembled, language: str) -> dict[str, str]:
    """Every text of the source in a language: the same few words with the slots of the source behind them."""
    files: dict[str, list[str]] = {}
    for source in assembled.draft.texts.values():
        if source.everywhere:
            continue
        name = f"texts/{language}/{source.place.file.partition('/')[2]}"
        lines = files.setdefault(name, [f"language: {language}", "status: draft", "texts:"])
        is_short = source.role in (Role.LABEL, Role.TITLE, Role.PHRASE, Role.BOT)
        words = _WORDS[language].split(" ", maxsplit=1)[0][:20] if is_short else _WORDS[language]
        slots = "".join(f" {{{_slot_id(slot)}}}" for slot in sorted(slots_of(source.phrase), key=repr))
        lines.append(f'  {source.id}: {{from: {hash_of(source.words)}, text: "{words}{slots}"}}')
    for topic in assembled.draft.topics:
        files[f"texts/{language}/topics/work.yaml"] += ["ask:", f'  {topic}: ["{_WORDS[language]}"]']
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def _slot_id(slot: Slot) -> str:
    match slot:
        case FactSlot(fact):
            return f"fact:{fact}"
        case HotlineSlot(hotline):
            return f"hotline:{hotline}"
        case ValueSlot(name):
            return name


def _generated_flow(number: int, screens: int, *, is_last: bool) -> str:
    name = _letters(number)
    lines = [f"flow: part-{name}", f"title: Part {name}", "screens:"]
    onward = "home" if is_last else f'"flow:part-{_letters(number + 1)}"'
    for screen in range(screens):
        following = onward if screen + 1 == screens else f"s{screen + 1}"
        lines += [
            f"  s{screen}:",
            f'    - say: "{_WORDS["en"]} {_letters(screen)}. The lowest wage is {{fact:th-wage}}."',
            "    - say: For people of one country.",
            "      if: {origin: [kh, la]}",
            "    - choose:",
            '        "yes": {label: "Yes", icon: "✅", add: {risk: 1}}',
            '        "no": "No"',
            "        unsure: {label: I am not sure}",
            "      save: answer",
            "    - go:",
            '        - {if: {risk: 3+, answer: "yes"}, to: home}',
            f"        - {{to: {following}}}",
        ]
    return "\n".join(lines) + "\n"


def _letters(number: int) -> str:
    """A number as letters, since figures may not stand in texts."""
    first, second = divmod(number, len(_LETTERS))
    return _LETTERS[first] + _LETTERS[second]
