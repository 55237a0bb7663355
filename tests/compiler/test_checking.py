"""Every check has content that fails it, and says exactly where and what."""

import time
from datetime import date
from pathlib import Path

import pytest

from bot.compiler import Notebook, check_content
from tests.compiler.content_builder import (
    BOT,
    FACT,
    HOME,
    HOTLINE,
    ORIGIN,
    PHRASES,
    TOPIC,
    generate_content,
    problems_of,
    without,
)

MENU = """\
flow: home
title: Home
screens:
  menu:
    - say: Hello.
    - choose:
        where: {label: Where, go: "flow:origin"}
        more: {label: More, go: more}
  more:
"""


def home(*steps: str) -> str:
    """The home flow with a second screen of these steps."""
    return MENU + "".join(f"    {line}\n" for step in steps for line in step.splitlines())


def home_problems(folder: Path, *steps: str) -> list[str]:
    return problems_of(folder, {"flows/home.yaml": home(*steps)})


def test_sound_content_has_no_problems(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == []


SCREENS = {
    "a key that is no key": (
        ["- say: Hi.\n  iff: {origin: kh}"],
        ["content/flows/home.yaml:11:7: no key is called 'iff' here; did you mean 'if'?"],
    ),
    "a step that is no step": (
        ["- says: Hi."],
        ["content/flows/home.yaml:10:7: no step is called 'says'; did you mean 'say'?"],
    ),
    "two steps in one": (
        ["- say: Hi.\n  go: menu"],
        ["content/flows/home.yaml:11:7: 'say' and 'go' are two steps; start a new line with '- go:'"],
    ),
    "a word that is no step": (
        ["- finish"],
        [
            "content/flows/home.yaml:10:7: 'finish' is no step; start with one of say, show, choose, ask, set, call, go, do, end, end"
        ],
    ),
    "words that are missing": (["- say:"], ["content/flows/home.yaml:10:11: words are missing here"]),
    "a slot without quotes": (
        ["- say: {fact:th-wage}"],
        ["content/flows/home.yaml:10:12: words that start with '{' need quotes around them"],
    ),
    "a list where words must stand": (
        ["- say: [a, b]"],
        ["content/flows/home.yaml:10:12: words must stand here, not a list"],
    ),
    "a screen that is nowhere": (
        ["- go: menuu"],
        ["content/flows/home.yaml:10:11: no screen is called 'menuu'; did you mean 'menu'?"],
    ),
    "a flow taken for a screen": (
        ["- go: origin"],
        ["content/flows/home.yaml:10:11: no screen is called 'origin' here; write 'flow:origin' for the flow"],
    ),
    "a topic taken for a screen": (
        ["- go: minimum-wage"],
        [
            "content/flows/home.yaml:10:11: no screen is called 'minimum-wage' here; write 'topic:minimum-wage' for the topic"
        ],
    ),
    "a flow that is nowhere": (
        ["- call: orign"],
        ["content/flows/home.yaml:10:13: no flow is called 'orign'; did you mean 'origin'?"],
    ),
    "a topic that is nowhere": (
        ["- go: topic:minimum-wages"],
        ["content/flows/home.yaml:10:11: no topic is called 'minimum-wages'; did you mean 'minimum-wage'?"],
    ),
    "a fact that is nowhere": (
        ['- say: "It is {fact:th-wages}."'],
        ["content/flows/home.yaml:10:12: no fact is called 'th-wages'; did you mean 'th-wage'?"],
    ),
    "a hotline that is nowhere": (
        ['- say: "Call {hotline:th-1507}."'],
        ["content/flows/home.yaml:10:12: no hotline is called 'th-1507'; did you mean 'th-1506'?"],
    ),
    "a phrase that is nowhere": (
        ["- choose: {a: {label: {phrase: bakc}}}"],
        ["content/flows/home.yaml:10:36: no phrase is called 'bakc'; did you mean 'back'?"],
    ),
    "a picture that is nowhere": (
        ["- show: passport-page"],
        ["content/flows/home.yaml:10:13: no picture is called 'passport-page'"],
    ),
    "a kind of place that is nowhere": (
        ["- do: nearest\n  with: {kind: embassy}"],
        ["content/flows/home.yaml:11:20: no kind of place is called 'embassy'"],
    ),
    "an action that is none": (
        ["- do: hotline"],
        ["content/flows/home.yaml:10:11: 'hotline' is not allowed here; did you mean 'hotlines'?"],
    ),
    "details that an action needs": (
        ["- do: remind"],
        ["content/flows/home.yaml:10:7: 'with: {…}' is missing here, with in, flow"],
    ),
    "details that an action does not know": (
        ["- do: hotlines\n  with: {kind: labour}"],
        [
            "content/flows/home.yaml:10:7: hotlines need 'topic:', 'kinds:' or 'ids:'",
            "content/flows/home.yaml:11:14: no key is called 'kind' here; did you mean 'kinds'?",
        ],
    ),
    "a slot that is none": (
        ['- say: "It is {facts:x}."'],
        ["content/flows/home.yaml:10:12: '{facts:x}' is no slot; write {fact:…}, {hotline:…} or {name}"],
    ),
    "a brace alone": (
        ['- say: "It is {fact:th-wage."'],
        ["content/flows/home.yaml:10:12: a '{' or '}' stands alone; slots look like {fact:minimum-wage}"],
    ),
    "a value that nothing keeps": (
        ['- say: "It is {monts}."', "- ask: {text: How many?, as: number}\n  save: months"],
        ["content/flows/home.yaml:10:12: nothing here is called 'monts'; did you mean 'months'?"],
    ),
    "a condition on a name that nothing keeps": (
        ["- say: Hi.\n  if: {risk: 3+}"],
        ["content/flows/home.yaml:11:18: nothing here is called 'risk'; keep it before with 'save', 'set' or 'add'"],
    ),
    "a condition on a value that no choice has": (
        ["- choose: {some: A, none: B}\n  save: paid", "- say: Hi.\n  if: {paid: nonne}"],
        ["content/flows/home.yaml:13:18: 'paid' is never 'nonne'; did you mean 'none'?"],
    ),
    "a condition on a country that is none": (
        ["- say: Hi.\n  if: {origin: [kh, vn]}"],
        ["content/flows/home.yaml:11:20: 'origin' is never 'vn'; it may be kh, la, mm"],
    ),
    "a choice that keeps what the profile does not know": (
        ["- choose: {khm: A, la: B}\n  save: origin"],
        ["content/flows/home.yaml:11:13: 'khm' is no value of 'origin'; did you mean 'kh'?"],
    ),
    "a free answer kept in the profile": (
        ["- ask: {text: Where?, as: text}\n  save: origin"],
        ["content/flows/home.yaml:11:13: 'origin' keeps only kh, la, mm; a free answer cannot go there"],
    ),
    "a language that is none": (
        ["- choose: {km: A, xx: B}\n  save: language"],
        ["content/flows/home.yaml:11:13: 'xx' is no value of 'language'; it may be km, lo, en"],
    ),
    "a sum that is none": (
        ['- set: {total: "a +"}'],
        ["content/flows/home.yaml:10:20: this is not a sum; write for example 'wage * months'"],
    ),
    "a program instead of a sum": (
        ["- set: {total: \"open('x')\"}"],
        [
            "content/flows/home.yaml:10:20: only fact(…), min(…), max(…) and round(…) may be called in a formula",
        ],
    ),
    "a value called like a word of conditions": (
        ["- choose: {unknown: A, b: B}"],
        ["content/flows/home.yaml:10:16: no value may be called 'unknown': conditions use that word"],
    ),
    "an option without a label": (
        ["- choose: {a: {go: menu}}"],
        ["content/flows/home.yaml:10:19: 'label:' is missing here"],
    ),
    "an 'if' beside a list of ways": (
        ["- go: [{to: menu}]\n  if: {origin: kh}"],
        ["content/flows/home.yaml:10:7: write each 'if' inside the list of 'go'"],
    ),
    "an id that stands twice": (
        ["- say: A.\n  id: x", "- say: B.\n  id: x"],
        [
            "content/flows/home.yaml:12:12: the text 'home.more.x' stands already in content/flows/home.yaml:10",
            "content/flows/home.yaml:13:11: the id 'x' stands already in this screen",
        ],
    ),
    "a duration that is none": (
        ["- choose: {a: A}\n  after: {wait: 2 hrs, go: menu}"],
        ["content/flows/home.yaml:11:21: '2 hrs' is no duration; write for example 2h or 3 days"],
    ),
    "a circle without a wait": (
        ["- go: more"],
        ["content/flows/home.yaml:9:3: this goes round without ever waiting: more → more"],
    ),
    "a circle behind a condition": (
        ["- choose: {a: A}\n  if: {origin: kh}", "- go: more"],
        ["content/flows/home.yaml:9:3: this goes round without ever waiting: more → more"],
    ),
    "a menu that may be empty": (
        ["- choose: {a: {label: A, if: {origin: kh}}, b: {label: B, if: {origin: [la, mm]}}}"],
        ["content/flows/home.yaml:10:7: no button is left when origin is unknown; add one without 'if'"],
    ),
    "a menu that may be empty for one country": (
        ["- choose: {a: {label: A, if: {origin: unknown}}, b: {label: B, if: {origin: [la, kh]}}}"],
        ["content/flows/home.yaml:10:7: no button is left when origin is mm; add one without 'if'"],
    ),
    "more buttons than a small phone shows": (
        ["- choose: {a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H}"],
        ["content/flows/home.yaml:10:7: warning: 8 rows of buttons do not fit on a small phone; at most 7 do"],
    ),
    "a label that is too long": (
        ["- choose: {a: What should I do when nobody pays me ever}"],
        ["content/flows/home.yaml:10:19: 41 characters do not fit on a button; at most 40 do"],
    ),
    "a label that is long": (
        ["- choose: {a: What should I do when nobody pays}"],
        ["content/flows/home.yaml:10:19: warning: 33 characters are long for a button; better at most 32"],
    ),
    "a figure in a sentence": (
        ["- say: Pay 400 baht."],
        ["content/flows/home.yaml:10:12: the figure '400' stands in the text; make it a fact and write {fact:…}"],
    ),
    "a Khmer figure in a sentence": (
        ["- say: Pay ៤ baht."],
        [
            "content/flows/home.yaml:10:12: the figure '៤' stands in the text; make it a fact and write {fact:…}",
        ],
    ),
    "a figure in a circle": (
        ["- say: ① Pay."],
        ["content/flows/home.yaml:10:12: the figure '①' stands in the text; make it a fact and write {fact:…}"],
    ),
    "an English text that is Thai": (
        ["- say: สวัสดี"],
        ["content/flows/home.yaml:10:12: 'สวัดี' does not belong in a text in English; is it another language?"],
    ),
    "a screen that is too long": (
        [f"- say: {'word ' * 205}"],
        ["content/flows/home.yaml:9:3: the en texts of this screen hold 1024 characters; at most 1000 may"],
    ),
    "a screen that is long": (
        [f"- say: {'word ' * 61}", f"- say: {'word ' * 61}"],
        ["content/flows/home.yaml:9:3: warning: the texts of this screen hold 610 characters; better at most 600"],
    ),
    "a screen that no message holds": (
        [f"- say: {'word ' * 900}"],
        ["content/flows/home.yaml:9:3: the en texts hold 4499 characters; a message holds 4096"],
    ),
}


@pytest.mark.parametrize("name", SCREENS)
def test_a_mistake_in_a_screen_is_told(name: str, tmp_path: Path) -> None:
    steps, expected = SCREENS[name]

    assert home_problems(tmp_path, *steps) == expected


SOUND = {
    "a Thai sentence to show to somebody": ["- say: Show this to a Thai person. ช่วยด้วย"],
    "texts that never stand together": [
        f"- say: {'word ' * 60}\n  if: {{origin: kh}}",
        f"- say: {'word ' * 60}\n  if: {{origin: la}}",
    ],
    "a circle that waits": ["- choose: {a: A}", "- go: more"],
    "a menu whose conditions leave nobody out": [
        "- choose: {a: {label: A, if: {origin: [kh, unknown]}}, b: {label: B, if: {origin: [la, mm]}}}"
    ],
    "a rather-not-say kept in the profile": [
        "- choose: {kh: A, no: {label: {phrase: rather-not-say}}}\n  save: origin"
    ],
    "a slot whose id holds digits": ['- say: "Call {hotline:th-1506}."'],
    "a sum over an answer and a fact": [
        "- ask: {text: How many days?, as: number, min: 1, max: 31}\n  save: days",
        "- set: {pay: \"days * fact('th-wage')\"}",
        '- say: "You should have {pay}."',
    ],
    "nested conditions": ["- say: Hi.\n  if: {any: [{origin: kh}, {not: {origin: [la, mm]}}]}"],
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_in_a_screen_is_no_problem(name: str, tmp_path: Path) -> None:
    assert home_problems(tmp_path, *SOUND[name]) == []


FILES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a screen that no step leads to": (
        {"flows/home.yaml": HOME + "  lost:\n    - end\n"},
        ["content/flows/home.yaml:9:3: no step leads to the screen 'lost'"],
    ),
    "a flow that no step leads to": (
        {"flows/lost.yaml": "flow: lost\ntitle: Lost\nscreens:\n  a: [{say: Hi.}]\n"},
        ["content/flows/lost.yaml:1:7: warning: no step leads to the flow 'lost'"],
    ),
    "a flow called unlike its file": (
        {"flows/origin.yaml": ORIGIN.replace("flow: origin", "flow: orign")},
        [
            "content/bot.yaml:9:39: no flow is called 'origin'; did you mean 'orign'?",
            "content/flows/home.yaml:7:45: no flow is called 'origin'; did you mean 'orign'?",
            "content/flows/origin.yaml:1:7: warning: no step leads to the flow 'orign'",
            "content/flows/origin.yaml:1:7: the flow 'orign' stands in origin.yaml; give both one name",
        ],
    ),
    "a flow that stands twice": (
        {"flows/other.yaml": HOME},
        ["content/flows/other.yaml:1:7: the flow 'home' stands already in content/flows/home.yaml:1"],
    ),
    "a screen called like a way out": (
        {"flows/home.yaml": HOME.replace("menu:", "home:")},
        ["content/flows/home.yaml:4:3: no screen may be called 'home': 'go: home' leads elsewhere"],
    ),
    "a start that is nowhere": (
        {"flows/home.yaml": HOME.replace("screens:", "start: main\nscreens:")},
        [
            "content/flows/home.yaml:3:8: no screen is called 'main'",
            "content/flows/home.yaml:5:3: no step leads to the screen 'menu'",
        ],
    ),
    "two flows that call each other without a wait": (
        {
            "flows/home.yaml": HOME + "    - call: a\n",
            "flows/a.yaml": "flow: a\ntitle: A\nscreens:\n  x:\n    - call: b\n",
            "flows/b.yaml": "flow: b\ntitle: B\nscreens:\n  y:\n    - go: flow:a\n",
        },
        ["content/flows/a.yaml:4:3: this goes round without ever waiting: x → b.y → x"],
    ),
    "a home that never waits": (
        {"flows/home.yaml": "flow: home\ntitle: Home\nscreens:\n  menu:\n    - say: Hi.\n"},
        [
            "content/flows/home.yaml:4:3: this goes round without ever waiting: menu → menu",
        ],
    ),
    "a former name that still exists": (
        {"flows/home.yaml": HOME.replace("screens:", "was: origin\nscreens:")},
        ["content/flows/home.yaml:3:6: 'origin' still exists; a former name must be free"],
    ),
    "a field of the profile that nobody asks for": (
        {"bot.yaml": BOT.replace("special:", "  stage: {values: [work]}\nspecial:")},
        ["content/bot.yaml:10:3: nobody asks for 'stage'; keep an answer with 'save: stage'"],
    ),
    "a special flow that is nowhere": (
        {"bot.yaml": BOT.replace("cover: home", "cover: covers")},
        ["content/bot.yaml:10:75: no flow is called 'covers'"],
    ),
    "a fallback that is nowhere": (
        {"bot.yaml": BOT.replace("fallback: [en]}\n  lo", "fallback: [xx]}\n  lo")},
        ["content/bot.yaml:5:34: no language is called 'xx'"],
    ),
    "no English": (
        {"bot.yaml": without(BOT, "en: {name: English}")},
        [
            "content/bot.yaml:1:1: 'languages:' needs 'en', the language of the source",
            "content/bot.yaml:5:34: no language is called 'en'",
            "content/bot.yaml:6:32: no language is called 'en'",
        ],
    ),
    "a description that is too long for messengers": (
        {"bot.yaml": BOT.replace("short_description: Working abroad.", f"short_description: {'a' * 121}")},
        ["content/bot.yaml:3:20: 121 characters are too many; messengers show 120"],
    ),
    "a word that may not stand in a preview": (
        {
            "bot.yaml": BOT.replace("abroad.", "abroad and trafficking.", 1) + "preview_words: {en: [trafficking]}\n",
        },
        [
            ("content/bot.yaml:2:14: 'trafficking' may be read on a locked phone here;"
            " say no more than information about working abroad")
        ],
    ),
    "a danger without its phrase": (
        {"bot.yaml": BOT.replace("emergency: {}", "emergency: {violence: [police]}")},
        [
            "content/bot.yaml:11:13: no phrase is called 'danger-violence'; did you mean 'desk-label-violence'?",
            "content/bot.yaml:11:13: no phrase is called 'no-number-violence'; did you mean 'no-number-here'?",
        ],
    ),
    "a phrase that the engine says": (
        {"phrases.yaml": without(PHRASES, "went-wrong:")},
        ["content/phrases.yaml:1:1: the phrase 'went-wrong' is missing: the engine says it"],
    ),
    "a phrase that staff are told": (
        {"phrases.yaml": without(PHRASES, "desk-called:")},
        ["content/phrases.yaml:1:1: the phrase 'desk-called' is missing: staff are told it"],
    ),
    "a phrase that stands twice": (
        {"phrases.yaml": PHRASES + "  back: Back\n"},
        [f"content/phrases.yaml:{PHRASES.count(chr(10)) + 1}:3: 'back' stands here twice, first in line 2"],
    ),
    "a file that is missing": (
        {"phrases.yaml": ""},
        ["content/phrases.yaml:1:1: this file is missing"],
    ),
    "a file in a folder that is none": (
        {"flow/home.yaml": HOME},
        ["content/flow/home.yaml:1:1: warning: nothing reads this file; is it in the right folder?"],
    ),
    "an empty file": (
        {"flows/empty.yaml": "# nothing yet\n"},
        ["content/flows/empty.yaml:1:1: warning: nothing stands in this file"],
    ),
    "a file that nothing reads": (
        {"flows/origin.yml": ORIGIN},
        ["content/flows/origin.yml:1:1: warning: nothing reads this file: its name must end in '.yaml'"],
    ),
    "a file that cannot be read": (
        {"topics/work.yaml": TOPIC.replace("  urgency", "\turgency")},
        ["content/topics/work.yaml:3:1: a tab cannot indent; use spaces"],
    ),
    "a step that is misspelt": (
        {"flows/home.yaml": HOME.replace("- choose:", "- chose:").replace("again: Again", "more: {label: M, go: more}") + "  more:\n    - end\n"},
        ["content/flows/home.yaml:6:7: no step is called 'chose'; did you mean 'choose'?"],
    ),
    # Topics
    "a stage that is none": (
        {"topics/work.yaml": "", "topics/wrk.yaml": TOPIC},
        ["content/topics/wrk.yaml:1:1: a file of topics is called like a stage: before, journey, work, trouble, home, help"],
    ),
    "a topic without example questions": (
        {"topics/work.yaml": without(TOPIC, "ask:")},
        [
            ("content/topics/work.yaml:1:10: 'minimum-wage' has no example questions;"
            " write 'ask:' with six to eight")
        ],
    ),
    "a topic with few example questions": (
        {"topics/work.yaml": TOPIC.replace("[wage, pay,", "[")},
        ["content/topics/work.yaml:1:10: warning: 'minimum-wage' has 4 example questions; six to eight are needed"],
    ),
    "an emergency without numbers": (
        {"topics/work.yaml": without(TOPIC, "hotlines:").replace("urgency: normal", "urgency: emergency")},
        ["content/topics/work.yaml:1:10: 'minimum-wage' is an emergency and needs 'hotlines:'"],
    ),
    "an answer that is never shown": (
        {"topics/work.yaml": TOPIC.replace("    - text:", "    - {text: All., checked: 2026-11-23, review_by: 2027-05-23}\n    - id: b\n      text:")},
        ["content/topics/work.yaml:7:7: the answer 'b' is never shown: an earlier one always holds first"],
    ),
    "two answers of one name": (
        {"topics/work.yaml": TOPIC.replace("    - text:", "    - {text: All., checked: 2026-11-23, review_by: 2027-05-23}\n    - text:")},
        ["content/topics/work.yaml:7:7: two answers are called 'default'; give one of them another 'id:'"],
    ),
    "a country without an answer": (
        {"topics/work.yaml": TOPIC.replace("    - text:", "    - when: {origin: [kh, la]}\n      text:")},
        [
            "content/topics/work.yaml:1:10: nobody answers when origin is mm; end with an answer without 'when:'",
        ],
    ),
    "an answer only for those who tell": (
        {"topics/work.yaml": TOPIC.replace("    - text:", "    - when: {origin: [kh, la, mm]}\n      text:")},
        [
            ("content/topics/work.yaml:1:10: warning: whoever does not tell gets no answer when origin is unknown;"
            " end with one without 'when:'"),
        ],
    ),
    "an answer past its review": (
        {"topics/work.yaml": TOPIC.replace("2027-05-23", "2026-11-24")},
        ["content/topics/work.yaml:6:7: warning: this answer should have been reviewed by 2026-11-24"],
    ),
    "a next topic that is nowhere": (
        {"topics/work.yaml": TOPIC + "  next: [minimum-wages]\n"},
        ["content/topics/work.yaml:10:10: no topic is called 'minimum-wages'; did you mean 'minimum-wage'?"],
    ),
    "an urgency that is none": (
        {"topics/work.yaml": TOPIC.replace("urgency: normal", "urgency: hihg")},
        ["content/topics/work.yaml:3:12: 'hihg' is not allowed here; did you mean 'high'?"],
    ),
    # Facts
    "a fact that is not sure": (
        {"facts/thailand.yaml": FACT.replace("confidence: high", "confidence: low")},
        [
            ("content/topics/work.yaml:6:13: the fact 'th-wage' is not sure enough to be told;"
            " take it out or have it confirmed")
        ],
    ),
    "a fact past its review": (
        {"facts/thailand.yaml": FACT.replace("2027-05-23", "2026-11-24")},
        ["content/facts/thailand.yaml:1:9: warning: this should have been reviewed by 2026-11-24"],
    ),
    "a fact long past its review": (
        {"facts/thailand.yaml": FACT.replace("2026-11-23", "2024-11-23").replace("2027-05-23", "2025-05-23")},
        [
            "content/facts/thailand.yaml:1:9: warning: this should have been reviewed by 2025-05-23",
            "content/topics/work.yaml:6:13: the fact 'th-wage' was last checked on 2024-11-23 and is told no more",
        ],
    ),
    "a fact that holds no more": (
        {"facts/thailand.yaml": FACT + "  valid_to: 2026-11-24\n"},
        ["content/topics/work.yaml:6:13: warning: the fact 'th-wage' does not hold today"],
    ),
    "a fact checked in the future": (
        {"facts/thailand.yaml": FACT.replace("2026-11-23", "2026-12-23")},
        ["content/facts/thailand.yaml:1:9: 'checked: 2026-12-23' lies in the future"],
    ),
    "a review before the check": (
        {"facts/thailand.yaml": FACT.replace("2027-05-23", "2026-11-23")},
        [
            "content/facts/thailand.yaml:1:9: warning: this should have been reviewed by 2026-11-23",
            "content/facts/thailand.yaml:8:14: 'review_by' must be later than 'checked'",
        ],
    ),
    "a fact with value and rule": (
        {"facts/thailand.yaml": FACT + "  text: A rule.\n"},
        ["content/facts/thailand.yaml:1:3: a fact has either 'value:' or 'text:'"],
    ),
    "a range that runs backwards": (
        {"facts/thailand.yaml": FACT.replace("value: 400", "value: 400..337")},
        ["content/facts/thailand.yaml:3:10: '400..337' runs backwards; write the smaller number first"],
    ),
    "a number without a unit": (
        {"facts/thailand.yaml": without(FACT, "unit:")},
        ["content/facts/thailand.yaml:3:10: a number needs a 'unit:'"],
    ),
    "a unit without its phrase": (
        {"facts/thailand.yaml": FACT.replace("unit: THB", "unit: EUR")},
        ["content/facts/thailand.yaml:4:9: no unit is called 'EUR'; write one of THB"],
    ),
    "a unit behind per without its phrase": (
        {"facts/thailand.yaml": FACT.replace("per: day", "per: night")},
        ["content/facts/thailand.yaml:5:8: no unit behind 'per:' is called 'night'; write one of day"],
    ),
    "an answer that was checked tomorrow": (
        {"topics/work.yaml": TOPIC.replace("2026-11-23", "2026-11-26")},
        ["content/topics/work.yaml:6:7: 'checked: 2026-11-26' lies in the future"],
    ),
    "a word for hours that is none": (
        {"hotlines/thailand.yaml": HOTLINE.replace("hours: always", "hours: 24/7")},
        ["""content/hotlines/thailand.yaml:7:10: '24/7' is no hours; write for example always or ["mon-fri 08:30-16:30"]"""],
    ),
    "a value that is none": (
        {"facts/thailand.yaml": FACT.replace("value: 400", "value: 1,000")},
        ["content/facts/thailand.yaml:3:10: '1,000' is no value; write for example 400, 337..400 or 2025-07-01"],
    ),
    "a date that is none": (
        {"facts/thailand.yaml": FACT.replace("2026-11-23", "2026-11-31")},
        ["content/facts/thailand.yaml:7:12: '2026-11-31' is no date; write for example 2026-11-23"],
    ),
    "a rule with a figure": (
        {"facts/thailand.yaml": without(FACT, "value:", "unit:", "per:") + "  text: Pay 5 baht.\n"},
        ["content/facts/thailand.yaml:7:9: the figure '5' stands in the text; make it a fact and write {fact:…}"],
    ),
    "a sum with a fact that is no number": (
        {
            "facts/thailand.yaml": FACT.replace("value: 400", "value: 2026-01-01"),
            "flows/home.yaml": HOME + "    - set: {pay: \"fact('th-wage') * 2\"}\n",
        },
        ["content/flows/home.yaml:9:18: nothing can be worked out with 'th-wage': it is no single number"],
    ),
    # Hotlines
    "a hotline that is not sure": (
        {"hotlines/thailand.yaml": HOTLINE.replace("confidence: high", "confidence: low")},
        [
            ("content/topics/work.yaml:9:14: warning: the hotline 'th-1506' is not sure enough to be shown;"
            " it is left out until somebody confirms it")
        ],
    ),
    "a hotline past its review": (
        {"hotlines/thailand.yaml": HOTLINE.replace("2027-02-23", "2026-11-24")},
        ["content/hotlines/thailand.yaml:1:12: warning: this should have been reviewed by 2026-11-24"],
    ),
    "a hotline of no country": (
        {
            "hotlines/thailand.yaml": HOTLINE.replace("hotline: th-1506", "hotline: my-1506"),
            "topics/work.yaml": without(TOPIC, "hotlines:"),
        },
        ["content/hotlines/thailand.yaml:1:12: the id of a hotline starts with kh-, la-, mm-, th- or int-"],
    ),
    "a short number for everywhere": (
        {"hotlines/thailand.yaml": HOTLINE.replace("from: [th]", "from: [anywhere]")},
        ["content/hotlines/thailand.yaml:6:14: a number that works anywhere needs 'e164:'"],
    ),
    "a long number without its international form": (
        {"hotlines/thailand.yaml": HOTLINE.replace('dial: "1506"', 'dial: "02-141-9889"')},
        ["content/hotlines/thailand.yaml:6:14: a short number is written with digits only; a long one needs 'e164:'"],
    ),
    "two numbers that differ": (
        {
            "hotlines/thailand.yaml": HOTLINE.replace(
                'dial: "1506"', 'dial: "02-141-9889", e164: "+6621419898"'
            )
        },
        ["content/hotlines/thailand.yaml:6:35: '+6621419898' and '02-141-9889' are two different numbers"],
    ),
    "hours that are none": (
        {"hotlines/thailand.yaml": HOTLINE.replace("hours: always", 'hours: ["mon-fri 8:30-16:30"]')},
        [
            ("content/hotlines/thailand.yaml:7:11: 'mon-fri 8:30-16:30' is no shift;"
            " write for example mon-fri 08:30-16:30")
        ],
    ),
    "holidays that are nowhere": (
        {"hotlines/thailand.yaml": HOTLINE + "  closed_on: [th-holidays]\n"},
        ["content/hotlines/thailand.yaml:15:15: no list of holidays is called 'th-holidays'"],
    ),
    "a figure in the name of a hotline": (
        {"hotlines/thailand.yaml": HOTLINE.replace("name: Labour line", "name: Line 1506")},
        ["content/hotlines/thailand.yaml:2:9: the figure '1506' stands in the text; make it a fact and write {fact:…}"],
    ),
    "a language of a hotline without a name": (
        {"hotlines/thailand.yaml": HOTLINE.replace("languages: [th]", "languages: [th, xyz]")},
        ["content/hotlines/thailand.yaml:9:19: no phrase is called 'language-xyz'; did you mean 'language-my'?"],
    ),
    # Places
    "a position outside": (
        {"places/thailand.yaml": "- {place: x, name: X, kind: office, country: th, address: A, lat: '100.5', lon: '13.7',"
         " source: {title: A}, checked: 2026-11-23, review_by: 2027-02-23, confidence: high}\n"},
        ["content/places/thailand.yaml:1:3: this position lies outside the four countries; are lat and lon swapped?"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_in_a_file_is_told(name: str, tmp_path: Path) -> None:
    files, expected = FILES[name]

    found = problems_of(tmp_path, files)

    assert found == expected


def test_all_mistakes_are_told_at_once_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        {
            "flows/home.yaml": HOME.replace("again: Again", "again: {label: Again, go: nowhere}"),
            "facts/thailand.yaml": FACT.replace("value: 400", "value: much"),
            "topics/work.yaml": TOPIC.replace("th-1506", "th-1507"),
        },
    )

    assert found == [
        "content/facts/thailand.yaml:3:10: 'much' is no value; write for example 400, 337..400 or 2025-07-01",
        "content/flows/home.yaml:8:35: no screen is called 'nowhere'",
        "content/topics/work.yaml:9:14: no hotline is called 'th-1507'; did you mean 'th-1506'?",
    ]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    notebook = Notebook()

    assert check_content(tmp_path / "nowhere", date(2026, 11, 25), notebook) is None
    assert [problem.words for problem in notebook.problems()] == ["there is no such folder"]


DANGER_BOT = BOT.replace("special:", "  here: {values: [th, kh]}\nspecial:").replace(
    "emergency: {}", "emergency: {violence: [police]}"
)
DANGER_FILES = {
    "bot.yaml": DANGER_BOT,
    "phrases.yaml": PHRASES + "  no-number-violence: Go to people.\n  danger-violence: Call now.\n",
    "flows/home.yaml": HOME + "    - choose: {th: Thailand, kh: Cambodia}\n      save: here\n",
}


def test_a_danger_without_a_number_somewhere_is_told(tmp_path: Path) -> None:
    place = f"content/phrases.yaml:{DANGER_FILES['phrases.yaml'].count(chr(10))}:3"
    police = HOTLINE.replace("kind: [labour]", "kind: [labour, police]")

    assert problems_of(tmp_path / "none", DANGER_FILES) == [
        (f"{place}: warning: no number of the kinds for 'violence' works from th, kh")
    ]
    assert problems_of(tmp_path / "one", {**DANGER_FILES, "hotlines/thailand.yaml": police}) == [
        (f"{place}: warning: no number of the kinds for 'violence' works from kh")
    ]


def test_an_emergency_topic_without_a_number_somewhere_is_told(tmp_path: Path) -> None:
    files = {
        **DANGER_FILES,
        "hotlines/thailand.yaml": HOTLINE.replace("kind: [labour]", "kind: [police]").replace(
            'dial: "1506", from: [th]', 'dial: "02-141-9889", e164: "+6621419889", from: [anywhere]'
        ),
        "topics/work.yaml": TOPIC.replace("urgency: normal", "urgency: emergency"),
    }

    assert problems_of(tmp_path / "all", files) == []
    only_some = files["hotlines/thailand.yaml"] + "  for: {origin: [kh, la]}\n"
    assert problems_of(tmp_path / "some", {**files, "hotlines/thailand.yaml": only_some}) == [
        (
            f"content/phrases.yaml:{DANGER_FILES['phrases.yaml'].count(chr(10))}:3: warning: no number of the kinds"
            " for 'violence' works from th (for people from mm), kh (for people from mm)"
        ),
        (
            "content/topics/work.yaml:1:10: warning: none of its hotlines works from"
            " th (for people from mm), kh (for people from mm); name one that does, or say so: 'no_number_in:'"
        ),
    ]


def test_an_answer_that_says_that_no_number_is_known_needs_none(tmp_path: Path) -> None:
    files = {
        **DANGER_FILES,
        "bot.yaml": DANGER_BOT.replace("emergency: {violence: [police]}", "emergency: {}"),
        "topics/work.yaml": TOPIC.replace("urgency: normal", "urgency: emergency") + "  no_number_in: [kh]\n",
    }

    assert problems_of(tmp_path / "none", files) == []
    works = HOTLINE.replace("from: [th]", "from: [th, kh]")
    assert problems_of(tmp_path / "works", {**files, "hotlines/thailand.yaml": works}) == [
        "content/topics/work.yaml:10:18: warning: one of its hotlines works from kh; take this out"
    ]


def test_checking_grows_with_the_content_and_no_faster(tmp_path: Path) -> None:
    def seconds(screens: int) -> float:
        content = generate_content(tmp_path / str(screens), screens, ("km",))
        started = time.process_time()
        check_content(content, date(2026, 11, 25), Notebook())
        return time.process_time() - started

    seconds(20)

    assert seconds(400) < 12 * seconds(100)
