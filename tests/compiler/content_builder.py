"""Small trees of content for tests, and large ones for benchmarks."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from bot.compiler import Notebook, check_content
from bot.compiler.checking_phrases import ENGINE_PHRASES

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

_OTHER_PHRASES: Final = ("rather-not-say", "country-kh", "country-la", "country-mm", "language-en", "language-th")
PHRASES: Final = (
    "phrases:\n"
    + "".join(
        f"  {name}: Words for {name}\n"
        for name in (*ENGINE_PHRASES, *_OTHER_PHRASES, "language-km", "language-lo", "language-my")
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

WHOLE: Final[Mapping[str, str]] = {
    "bot.yaml": BOT,
    "phrases.yaml": PHRASES,
    "flows/home.yaml": HOME,
    "flows/origin.yaml": ORIGIN,
    "topics/work.yaml": TOPIC,
    "facts/thailand.yaml": FACT,
    "hotlines/thailand.yaml": HOTLINE,
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
    """Write sound content with so many screens, all of it translated: three texts, a fact and a condition on each."""
    tongues = "".join(f"  {code}: {{name: {code}, fallback: [en]}}\n" for code in languages)
    bot = BOT.replace(BOT[BOT.index("  km:") : BOT.index("  en:")], tongues)
    files = {"bot.yaml": bot}
    flows = range(-(-screens // SCREENS_IN_A_FLOW))
    menu = "".join(
        f'        f{_letters(flow)}: {{label: Part {_letters(flow)}, go: "flow:part-{_letters(flow)}"}}\n'
        for flow in flows
    )
    files["flows/home.yaml"] = HOME.replace("        again: Again\n", menu)
    for flow in flows:
        count = min(SCREENS_IN_A_FLOW, screens - flow * SCREENS_IN_A_FLOW)
        files[f"flows/part-{_letters(flow)}.yaml"] = _generated_flow(_letters(flow), count)
        for language in languages:
            name = f"texts/{language}/flows/part-{_letters(flow)}.yaml"
            files[name] = _generated_texts(_letters(flow), count, language)
    return write_content(folder, files)


def _generated_flow(name: str, screens: int) -> str:
    lines = [f"flow: part-{name}", f"title: Part {name}", "screens:"]
    for screen in range(screens):
        following = "go: home" if screen + 1 == screens else f"go: s{screen + 1}"
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
            f"        - {{{following.replace('go:', 'to:')}}}",
        ]
    return "\n".join(lines) + "\n"


def _generated_texts(name: str, screens: int, language: str) -> str:
    words = _WORDS[language]
    lines = [f"language: {language}", "status: draft", "texts:"]
    short = words.split(" ", maxsplit=1)[0][:20]
    lines.append(f'  part-{name}.title: {{text: "{short}"}}')
    for screen in range(screens):
        here = f"part-{name}.s{screen}"
        lines += [
            f'  {here}.say: {{from: {"0" * 8}, text: "{words} {{fact:th-wage}}"}}',
            f'  {here}.say-2: {{from: {"0" * 8}, text: "{words}"}}',
            f'  {here}.choose.yes: {{from: {"0" * 8}, text: "{short}"}}',
            f'  {here}.choose.no: {{from: {"0" * 8}, text: "{short}"}}',
            f'  {here}.choose.unsure: {{from: {"0" * 8}, text: "{short}"}}',
        ]
    return "\n".join(lines) + "\n"


def _letters(number: int) -> str:
    """A number as letters, since figures may not stand in texts."""
    first, second = divmod(number, len(_LETTERS))
    return _LETTERS[first] + _LETTERS[second]
