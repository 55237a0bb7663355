"""A little script for the dialogue's tests: compiled from YAML like the real one, with ears that hear plain codes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from bot.compiler import Lessons, compile_content
from bot.dialogue.script import Script
from bot.language import Danger, Level, Matching, Mode, Understood, language_of

TODAY: Final = date(2026, 11, 26)
NOW: Final = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
CONTENT: Final = Path(__file__).parents[2] / "content"

BOT: Final = """\
name: Waymark
description: Information about working abroad.
short_description: Working abroad.
languages:
  en: {name: English}
  km: {name: "ខ្មែរ", fallback: [en]}
profile:
  origin: {values: [kh, la, mm], ask: origin}
  here: {values: [kh, la, mm, th], ask: here}
  packed: {values: [passport, money]}
special: {welcome: welcome, home: home, language: language, person: person, cover: cover}
emergency:
  violence: [police]
keywords:
  home: {en: [home]}
"""

FLOWS: Final = {
    "welcome": """\
flow: welcome
title: Welcome
screens:
  all:
    - call: language
    - call: origin
    - call: here
    - end
""",
    "language": """\
flow: language
title: Language
screens:
  pick:
    - say: Language
    - choose:
        en: English
        km: "ខ្មែរ"
      save: language
      untranslated: yes
    - end
""",
    "origin": """\
flow: origin
title: Origin
screens:
  pick:
    - say: Where are you from?
    - choose: {kh: Cambodia, la: Laos, mm: Myanmar, unsaid: {label: {phrase: rather-not-say}}}
      save: origin
    - end
""",
    "here": """\
flow: here
title: Here
screens:
  pick:
    - say: Where are you now?
    - choose: {kh: Cambodia, th: Thailand, unsaid: {label: {phrase: rather-not-say}}}
      save: here
    - end
""",
    "home": """\
flow: home
title: Home
screens:
  menu:
    - say: What do you want to know?
    - choose:
        check: {label: Check an offer, go: "flow:check"}
        money: {label: Money, go: "flow:money"}
        pay: {topic: pay}
        list: {label: Pack, go: "flow:pack"}
        erase: {label: Erase, go: "flow:erase"}
""",
    "check": """\
flow: check
title: Check an offer
sensitive: yes
screens:
  first:
    - say: Must you pay first?
    - choose:
        "yes": {label: {phrase: "yes"}, add: {risk: 3}}
        "no": {label: {phrase: "no"}}
      save: paid
    - go: [{if: {risk: 3+}, to: danger}, {to: second}]
  second:
    - say: Is there a contract?
    - choose: {"yes": {label: {phrase: "yes"}}, "no": {label: {phrase: "no"}, add: {risk: 1}}}
    - go: [{if: {risk: 1+}, to: danger}, {to: good}]
  danger:
    - say: These are warning signs.
    - do: hotlines
      with: {kinds: [police], at_most: 2}
    - choose: {talk: {label: Talk, go: "flow:person"}}
  good:
    - say: Nothing stands out.
    - choose: {more: {label: More, go: home}}
""",
    "money": """\
flow: money
title: Money
screens:
  wage:
    - ask: {text: What is your wage a month?, as: money, min: 100, max: 100000, hint: Only the number.}
      save: wage
      tries: {after: 3, go: help}
    - set: {yearly: "wage * 12"}
    - say: "That is {yearly} a year."
    - choose: {again: {label: Again, go: wage}}
  help:
    - say: Look at your pay slip.
    - choose: {again: {label: Again, go: wage}}
""",
    "pack": """\
flow: pack
title: Pack
screens:
  list:
    - say: What have you packed?
    - do: checklist
      with: {items: {passport: Passport, money: Money}, save: packed}
    - say: Well done.
    - choose: {more: {label: More, go: home}}
""",
    "erase": """\
flow: erase
title: Erase
screens:
  sure:
    - say: Erase all?
    - choose: {"yes": {label: {phrase: "yes"}}}
    - do: forget
""",
    "person": """\
flow: person
title: A person
screens:
  numbers:
    - say: Call one of these.
    - do: hotlines
      with: {kinds: [police], inline: yes}
    - choose: {done: {label: {phrase: done}}}
""",
    "cover": """\
flow: cover
title: Information
screens:
  page:
    - say: Keep a copy of your contract.
    - choose: {more: {label: More, go: home}}
""",
}

TOPICS: Final = """\
- topic: pay
  title: What is the lowest wage?
  urgency: normal
  icon: "💰"
  ask: [lowest wage]
  answer:
    - when: {origin: kh}
      text: "For Khmer people: {fact:wage}."
      sources: [a]
      checked: 2026-11-23
      review_by: 2027-11-23
    - text: "For all: {fact:wage}."
      sources: [a]
      checked: 2026-11-23
      review_by: 2027-11-23
  hotlines: [th-191]
  next: [violence]
- topic: violence
  title: Somebody hurts me
  urgency: emergency
  ask: [hit]
  answer:
    - text: Call now.
      sources: [a]
      checked: 2026-11-23
      review_by: 2027-11-23
  hotlines: [th-191]
  next: [pay]
"""

FACTS: Final = """\
- fact: wage
  about: Lowest wage
  value: 400
  unit: THB
  per: day
  source: {title: A page, url: "https://example.org", date: "2025"}
  dossier: a
  checked: 2026-11-23
  review_by: 2027-05-23
  confidence: high
"""

HOTLINES: Final = """\
- hotline: th-191
  name: Police
  what: Police.
  kind: [police, emergency]
  numbers: [{dial: "191", from: [th]}]
  hours: always
  zone: Asia/Bangkok
  languages: [th]
  cost: free
  government: "yes"
  confidence: high
  source: {title: A page, url: "https://example.org", date: "2025"}
  dossier: a
  checked: 2026-11-23
  review_by: 2027-02-23
- hotline: kh-117
  name: Police of Cambodia
  what: Police.
  kind: [police, emergency]
  numbers: [{dial: "117", from: [kh]}]
  hours: always
  zone: Asia/Phnom_Penh
  languages: [km]
  cost: free
  government: "yes"
  confidence: high
  source: {title: A page, url: "https://example.org", date: "2025"}
  dossier: a
  checked: 2026-11-23
  review_by: 2027-02-23
"""


class PlainEars:
    """Hears what tests spell out: `!violence`, `?violence`, `#pay`, `#pay,violence`, `home`; else nothing it knows."""

    def __init__(self, lessons: Lessons) -> None:
        self._lessons = lessons

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """The spelled-out meaning."""
        said = language_of(text) or language
        if text == "home":
            return Understood(text, said, wish="home")
        if text.startswith("!"):
            return Understood(text, said, danger=Danger(Level.CERTAIN, text[1:], ("spelled out",)))
        if text.startswith("?"):
            return Understood(text, said, danger=Danger(Level.MAYBE, text[1:], ("spelled out",)))
        if text.startswith("#"):
            topics = text[1:].split(",")
            mode = Mode.ANSWER if len(topics) == 1 else Mode.CHOOSE
            return Understood(text, said, matching=Matching(tuple((topic, 0.5) for topic in topics), mode))
        return Understood(text, said)


def little_script(folder: Path, **changes: str) -> Script:
    """The little script; `changes` replace flows by name."""
    for name, words in {
        "bot": BOT,
        "phrases": (CONTENT / "phrases.yaml").read_text("utf-8"),
        "topics/work": TOPICS,
        "facts/thailand": FACTS,
        "hotlines/thailand": HOTLINES,
        **{f"flows/{flow}": words for flow, words in {**FLOWS, **changes}.items()},
    }.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words, "utf-8")
    return compile_content(folder, TODAY, PlainEars).script
