import json
from pathlib import Path

from bot.compiler import compile_content
from bot.compiler.commands import dump_document
from bot.compiler.dump import dump
from bot.compiler.leaves import Json
from bot.compiler.translations import hash_of
from tests.compiler.content_builder import FACT, HOTLINE, TODAY, write_content

ANSWER = "The lowest wage is {fact:th-wage}."
FILES = {
    "topics/work.yaml": "- topic: minimum-wage\n  title: Minimum wage\n  urgency: normal\n  ask: [a, b, c, d, e, f]\n"
    "  answer:\n"
    '    - {when: {origin: [kh, la]}, text: "Call {hotline:th-1506}.", sources: [some-law],'
    " checked: 2026-11-23, review_by: 2027-05-23}\n"
    f'    - {{text: "{ANSWER}", sources: [some-law], checked: 2026-11-23, review_by: 2027-05-23}}\n',
    "facts/thailand.yaml": FACT
    + FACT.replace("th-wage", "th-range").replace("400", "337..400").replace("high", "medium"),
    "hotlines/thailand.yaml": HOTLINE.replace(
        "hours: always", 'hours: ["mon-fri 08:30-16:30", "sat 20:00-04:00"]'
    ).replace("cost: free", "cost: free\n  caution: They ask for papers."),
    "texts/km/some.yaml": "language: km\nstatus: draft\ntexts:\n"
    f'  topic.minimum-wage.answer.default: {{from: {hash_of(ANSWER)}, text: "ប្រាក់ {{fact:th-wage}}"}}\n',
}


def document(folder: Path) -> dict[str, Json]:
    content = write_content(folder, FILES)
    # What Khmer lacks would be an error before anything is told about the document.
    (content / "texts/km/some.yaml").unlink()
    return dump(compile_content(content, TODAY).script, TODAY)


def test_a_topic_tells_each_variant_with_its_facts_filled_in(tmp_path: Path) -> None:
    assert document(tmp_path)["topics"] == [
        {
            "id": "minimum-wage",
            "stage": "work",
            "urgency": "normal",
            "title": {"en": "Minimum wage"},
            "icon": "",
            "variants": [
                {
                    "id": "kh-la",
                    "when": {"origin": ["kh", "la"]},
                    "text": {"en": "Call Labour line."},
                    "sources": ["some-law"],
                    "checked": "2026-11-23",
                    "review_by": "2027-05-23",
                },
                {
                    "id": "default",
                    "when": {},
                    "text": {"en": "The lowest wage is 400 baht a day."},
                    "sources": ["some-law"],
                    "checked": "2026-11-23",
                    "review_by": "2027-05-23",
                },
            ],
            "next": [],
        }
    ]


def test_a_hotline_tells_what_was_written(tmp_path: Path) -> None:
    assert document(tmp_path)["hotlines"] == [
        {
            "id": "th-1506",
            "country": "th",
            "name": {"en": "Labour line"},
            "what": {"en": "Takes complaints about pay."},
            "caution": {"en": "They ask for papers."},
            "kinds": ["labour"],
            "numbers": [{"e164": None, "dial": "1506", "from": ["th"], "confidence": "high"}],
            "hours": ["mon,tue,wed,thu,fri 08:30-16:30", "sat 20:00-04:00"],
            "zone": "Asia/Bangkok",
            "closed_on": [],
            "languages": ["th"],
            "interpreter": None,
            "cost": "free",
            "for": {},
            "government": False,
            "chat": {},
            "address": None,
            "source": {"title": "A page", "url": "", "date": ""},
            "dossier": None,
            "checked": "2026-11-23",
            "review_by": "2027-02-23",
            "confidence": "high",
        }
    ]


def test_a_fact_tells_its_value_and_how_it_is_told(tmp_path: Path) -> None:
    facts = document(tmp_path)["facts"]

    assert isinstance(facts, list)
    assert [(fact["id"], fact["value"], fact["unit"], fact["per"], fact["told"]["km"]) for fact in facts] == [
        ("th-wage", 400, "THB", "day", "400 baht a day"),
        ("th-range", [337, 400], "THB", "day", "Words for range baht a day (Words for checked-on)"),
    ]


def test_languages_flows_and_the_version_are_told(tmp_path: Path) -> None:
    whole = document(tmp_path)

    assert whole["languages"] == [
        {"code": "km", "name": "ខ្មែរ", "fallback": ["en"]},
        {"code": "lo", "name": "ລາວ", "fallback": ["en"]},
        {"code": "en", "name": "English", "fallback": []},
    ]
    assert isinstance(whole["version"], str)
    assert len(whole["version"]) == 16
    flows = whole["flows"]
    assert isinstance(flows, list)
    assert flows[0] == {
        "id": "home",
        "title": {"en": "Home"},
        "start": "menu",
        "sensitive": False,
        "screens": [
            {
                "id": "menu",
                "texts": [{"id": "home.menu.say", "text": {"en": "What do you want to know?"}}],
                "options": [
                    {"value": "where", "label": {"en": "Where I am from"}, "icon": "", "to": "flow:origin"},
                    {"value": "again", "label": {"en": "Again"}, "icon": "", "to": None},
                ],
            }
        ],
    }


def test_the_document_is_json(tmp_path: Path) -> None:
    words, report = dump_document(write_content(tmp_path), TODAY)

    assert report.problems == ()
    assert set(json.loads(words)) == {"version", "languages", "topics", "hotlines", "facts", "places", "flows"}


def test_content_with_errors_gives_no_document(tmp_path: Path) -> None:
    words, report = dump_document(write_content(tmp_path, FILES), TODAY)

    assert words == ""
    assert any("km lacks" in problem.words for problem in report.problems)
