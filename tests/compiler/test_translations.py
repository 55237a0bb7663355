import codecs
from pathlib import Path

import pytest

from bot.compiler import ContentError, Notebook, check_content, compile_content, errors
from bot.compiler.assembling import Assembled
from bot.compiler.commands import pull, tell_progress
from bot.compiler.commands import stamp as stamp_language
from bot.compiler.translating import Progress, progress, stamp
from bot.compiler.translations import hash_of
from bot.dialogue.phrasebook import Standing, TextId
from bot.messages import Language
from tests.compiler.content_builder import BOT, FACT, HOME, TODAY, TOPIC, generate_content, problems_of, write_content

KHMER = Language("km")
QUESTION = "តើអ្នកចង់ដឹងអ្វី?"
HASH = hash_of("What do you want to know?")
FILE = "texts/km/flows/home.yaml"


def khmer(entry: str, status: str = "draft", more: str = "") -> dict[str, str]:
    return {FILE: f"language: km\nstatus: {status}\ntexts:\n  home.menu.say: {entry}\n{more}"}


def told_about(folder: Path, files: dict[str, str], name: str = FILE) -> list[str]:
    """Only what is told about one file."""
    return [problem for problem in problems_of(folder, files) if problem.startswith(f"content/{name}:")]


def standing_of(folder: Path, entry: str, status: str = "draft") -> Standing:
    content = write_content(folder, khmer(entry, status))
    assembled = assembled_from(content)
    return assembled.translations.of(KHMER)[TextId("home.menu.say")].worded.standing


def assembled_from(content: Path) -> Assembled:
    assembled = check_content(content, TODAY, Notebook())
    assert assembled is not None
    return assembled


@pytest.mark.parametrize(
    ("entry", "status", "expected"),
    [
        (f'{{text: "{QUESTION}"}}', "draft", Standing.DRAFT),
        (f'{{text: "{QUESTION}"}}', "reviewed", Standing.DRAFT),
        (f'{{from: {HASH}, text: "{QUESTION}"}}', "draft", Standing.DRAFT),
        (f'{{from: {HASH}, text: "{QUESTION}"}}', "reviewed", Standing.REVIEWED),
        (f'{{from: {HASH}, text: "{QUESTION}", status: reviewed, by: Sok}}', "draft", Standing.REVIEWED),
        (f'{{from: {HASH}, text: "{QUESTION}", status: draft}}', "reviewed", Standing.DRAFT),
        (f'{{from: 00000000, text: "{QUESTION}"}}', "reviewed", Standing.STALE),
    ],
)
def test_a_translation_is_trusted_as_far_as_its_hash_and_review_go(
    entry: str, status: str, expected: Standing, tmp_path: Path
) -> None:
    assert standing_of(tmp_path, entry, status) is expected


MISTAKES = {
    "a text that is nowhere": (
        {FILE: f'language: km\nstatus: draft\ntexts:\n  home.menu.sy: {{from: {HASH}, text: "{QUESTION}"}}\n'},
        ["content/texts/km/flows/home.yaml:4:3: warning: the English has no text 'home.menu.sy'; did you mean 'home.menu.say'?"],
    ),
    "a Lao text that is Thai": (
        {
            "texts/lo/flows/home.yaml": "language: lo\nstatus: draft\ntexts:\n"
            f'  home.menu.say: {{from: {HASH}, text: "คุณอยากรู้อะไร"}}\n'
        },
        [
            ("content/texts/lo/flows/home.yaml:4:41: 'คุณอยากรู้ะไ' does not belong in a text in Lao;"
            " is it another language?")
        ],
    ),
    "a Khmer text that is still English": (
        khmer(f"{{from: {HASH}, text: What do you want to know?}}"),
        ["content/texts/km/flows/home.yaml:4:41: warning: this is still the English text"],
    ),
    "a Khmer figure": (
        khmer(f'{{from: {HASH}, text: "{QUESTION} ៤០០"}}'),
        ["content/texts/km/flows/home.yaml:4:41: the figure '៤០០' stands in the text; make it a fact and write {fact:…}"],
    ),
    "a slot that the English has not": (
        khmer(f'{{from: {HASH}, text: "{QUESTION} {{fact:th-wage}}"}}'),
        ["content/texts/km/flows/home.yaml:4:41: this text has {fact:th-wage}, the English has not"],
    ),
    "a slot that is missing": (
        {
            "texts/km/topics/work.yaml": "language: km\nstatus: draft\ntexts:\n"
            f'  topic.minimum-wage.answer.default: {{text: "{QUESTION}"}}\nask: {{minimum-wage: [ប្រាក់]}}\n'
        },
        [
            ("content/texts/km/topics/work.yaml:4:45: warning: km texts without the hash of their English: 1;"
            " run 'waymark content stamp km'"),
            "content/texts/km/topics/work.yaml:4:45: the English has {fact:th-wage}, this text has not",
        ],
    ),
    "a text that is translated twice": (
        {
            **khmer(f'{{from: {HASH}, text: "{QUESTION}"}}'),
            "texts/km/other.yaml": "language: km\nstatus: draft\ntexts:\n"
            f'  home.menu.say: {{from: {HASH}, text: "{QUESTION}"}}\n',
        },
        [
            ("content/texts/km/other.yaml:4:3: 'home.menu.say' is translated already"
            " in content/texts/km/flows/home.yaml:4")
        ],
    ),
    "a language in the folder of another": (
        {FILE: "language: lo\nstatus: draft\n"},
        ["content/texts/km/flows/home.yaml:1:11: 'lo' stands in the folder of 'km'"],
    ),
    "a language that the bot does not speak": (
        {"texts/vi/flows/home.yaml": "language: vi\nstatus: draft\n"},
        ["content/texts/vi/flows/home.yaml:1:1: no language to translate to is called 'vi'"],
    ),
    "a translation of the source": (
        {"texts/en/flows/home.yaml": "language: en\nstatus: draft\n"},
        ["content/texts/en/flows/home.yaml:1:1: no language to translate to is called 'en'"],
    ),
    "a hash that is none": (
        khmer(f'{{from: 123, text: "{QUESTION}"}}'),
        [
            "content/texts/km/flows/home.yaml:4:25: '123' is no hash; write for example 3f9a2c1b, or leave it out",
            ("content/texts/km/flows/home.yaml:4:36: warning: km texts whose English has changed since: 1;"
            " look at them again"),
        ],
    ),
    "examples for a topic that is nowhere": (
        {"texts/km/topics/work.yaml": "language: km\nstatus: draft\nask: {minimum-wages: [ប្រាក់]}\n"},
        [
            ("content/texts/km/topics/work.yaml:3:7: no topic is called 'minimum-wages';"
            " did you mean 'minimum-wage'?")
        ],
    ),
    "a translation of what is the same everywhere": (
        {
            "flows/home.yaml": HOME.replace("know?\n", 'know?\n      untranslated: "yes"\n'),
            **khmer(f'{{from: {HASH}, text: "{QUESTION}"}}'),
        },
        [
            ("content/texts/km/flows/home.yaml:4:3: 'home.menu.say' is the same in all languages;"
            " take the translation out")
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_translation_is_told(name: str, tmp_path: Path) -> None:
    files, expected = MISTAKES[name]

    found = [problem for problem in problems_of(tmp_path, files) if problem.startswith("content/texts/")]

    assert found == expected


ANSWER = "topic.minimum-wage.answer.default"


def khmer_answer(slots: str, stamp: str = "00000000") -> dict[str, str]:
    entry = f'{{from: {stamp}, text: "{QUESTION} {slots}"}}'
    return {
        "texts/km/topics/work.yaml": f"language: km\nstatus: draft\ntexts:\n  {ANSWER}: {entry}\n"
        "ask: {minimum-wage: [ប្រាក់]}\n"
    }


@pytest.mark.parametrize("slots", ["", "{fact:th-wage}", "{fact:th-old-wage}", "{hotline:th-1506}"])
def test_a_translation_of_an_older_english_is_shown_while_its_slots_can_be_filled(slots: str, tmp_path: Path) -> None:
    older = {"facts/cambodia.yaml": FACT.replace("th-wage", "th-old-wage"), **khmer_answer(slots)}

    compiled = compile_content(write_content(tmp_path, older), TODAY, unfinished=True)

    assert compiled.script.phrasebook.find(TextId(ANSWER), KHMER)[1] == KHMER
    assert any("km texts whose English has changed since: 1" in problem.words for problem in compiled.problems)


@pytest.mark.parametrize("slot", ["{fact:th-gone}", "{hotline:th-gone}", "{gone}"])
def test_a_translation_of_an_older_english_whose_slots_are_gone_gives_way_to_the_english(
    slot: str, tmp_path: Path
) -> None:
    compiled = compile_content(write_content(tmp_path, khmer_answer(slot)), TODAY, unfinished=True)

    assert compiled.script.phrasebook.find(TextId(ANSWER), KHMER)[1] == Language("en")
    assert (
        f"content/texts/km/topics/work.yaml:4:{len(ANSWER) + 28}: warning: the English has no {slot} any more and is"
        " shown instead of this; translate it again"
    ) in map(str, compiled.problems)


def test_once_a_language_has_a_text_what_danger_needs_must_not_be_missing(tmp_path: Path) -> None:
    files = {
        **khmer(f'{{from: {HASH}, text: "{QUESTION}"}}'),
        "topics/trouble.yaml": TOPIC.replace("minimum-wage", "violence").replace(
            "urgency: normal", "urgency: emergency"
        ),
    }

    found = problems_of(tmp_path, files)

    assert (
        "content/topics/trouble.yaml:2:10: km lacks 2 texts of this file that people in danger need:"
        " topic.violence.title, topic.violence.answer.default" in found
    )
    assert (
        "content/flows/home.yaml:2:8: warning: km lacks 3 texts of this file and shows English instead:"
        " home.title, home.menu.choose.where, home.menu.choose.again" in found
    )
    assert "content/bot.yaml:1:1: warning: km has no example questions for violence, minimum-wage" not in found
    assert any(problem.endswith("km has no example questions for minimum-wage, violence") for problem in found)
    assert not any("lo lacks" in problem for problem in found)


def test_authors_may_look_at_content_whose_languages_are_unfinished(tmp_path: Path) -> None:
    content = write_content(tmp_path, khmer(f'{{from: {HASH}, text: "{QUESTION}"}}'))

    with pytest.raises(ContentError, match="km lacks"):
        compile_content(content, TODAY)
    compiled = compile_content(content, TODAY, unfinished=True)

    assert errors(compiled.problems) == ()
    assert any("km lacks" in problem.words for problem in compiled.problems)


def test_a_sensitive_flow_is_needed_in_danger(tmp_path: Path) -> None:
    files = {"flows/home.yaml": HOME.replace("title: Home", 'title: Home\nsensitive: "yes"')}
    files[FILE] = f'language: km\nstatus: draft\ntexts:\n  home.menu.say: {{from: {HASH}, text: "{QUESTION}"}}\n'

    assert (
        "content/flows/home.yaml:2:8: km lacks 3 texts of this file that people in danger need:"
        " home.title, home.menu.choose.where, home.menu.choose.again" in problems_of(tmp_path, files)
    )


def test_a_thai_sentence_to_show_stands_in_every_language(tmp_path: Path) -> None:
    files = {
        "flows/home.yaml": HOME.replace("What do you want to know?", "Show this. ช่วยด้วย"),
        FILE: "language: km\nstatus: draft\ntexts:\n"
        f'  home.menu.say: {{from: {hash_of("Show this. ช่วยด้วย")}, text: "បង្ហាញ ช่วยด้วย"}}\n',
    }

    assert told_about(tmp_path, files) == []


def test_a_text_that_is_the_same_everywhere_is_there_in_all_languages(tmp_path: Path) -> None:
    content = write_content(
        tmp_path, {"flows/home.yaml": HOME.replace("know?\n", 'know?\n      untranslated: "yes"\n')}
    )

    script = compile_content(content, TODAY).script

    assert script.phrasebook.find(TextId("home.menu.say"), KHMER)[1] == KHMER


def test_a_forbidden_word_is_found_in_the_preview_of_a_translation(tmp_path: Path) -> None:
    files = {
        "bot.yaml": BOT + "preview_words: {km: [ជួញដូរ]}\n",
        "texts/km/bot.yaml": "language: km\nstatus: draft\ntexts:\n  bot.description: {text: ព័ត៌មានអំពីការជួញដូរ}\n",
    }

    assert (
        "content/texts/km/bot.yaml:4:27: 'ជួញដូរ' may be read on a locked phone here;"
        " say no more than information about working abroad" in problems_of(tmp_path, files)
    )


def test_what_a_reminder_says_first_is_a_preview(tmp_path: Path) -> None:
    files = {
        "bot.yaml": BOT + "preview_words: {en: [are you]}\n",
        "flows/home.yaml": HOME + "    - do: remind\n      with: {in: 3 days, flow: origin}\n",
    }

    assert problems_of(tmp_path, files) == [
        (
            "content/flows/origin.yaml:5:12: 'are you' may be read on a locked phone here;"
            " say no more than information about working abroad"
        )
    ]


# Stamping


UNSTAMPED = """\
# Words for authors.
language: km
status: draft

texts:
  home.title: {text: "ទំព័រដើម"}   # stays

  home.menu.say:
    text: "តើអ្នកចង់ដឹងអ្វី?"
    status: reviewed
  home.menu.choose.again: { from: 12345678, text: ទៀត }
  home.menu.choose.where: {  text: ពីណា}
  home.menu.gone: {text: អ្វី}
"""
STAMPED = f"""\
# Words for authors.
language: km
status: draft

texts:
  home.title: {{from: {hash_of("Home")}, text: "ទំព័រដើម"}}   # stays

  home.menu.say:
    from: {HASH}
    text: "តើអ្នកចង់ដឹងអ្វី?"
    status: reviewed
  home.menu.choose.again: {{ from: 12345678, text: ទៀត }}
  home.menu.choose.where: {{from: {hash_of("Where I am from")}, text: ពីណា}}
  home.menu.gone: {{text: អ្វី}}
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_stamping_writes_missing_hashes_and_keeps_every_other_byte(ending: str, mark: bytes, tmp_path: Path) -> None:
    assembled = assembled_from(write_content(tmp_path))
    before = mark + UNSTAMPED.replace("\n", ending).encode()

    after, count = stamp(before, assembled)

    assert after == mark + STAMPED.replace("\n", ending).encode()
    assert count == 3
    assert stamp(after, assembled) == (after, 0)


def test_a_file_that_cannot_be_read_is_not_touched(tmp_path: Path) -> None:
    assert stamp(b"a: [", assembled_from(write_content(tmp_path))) == (b"a: [", 0)


def test_a_language_is_stamped_file_by_file(tmp_path: Path) -> None:
    content = write_content(tmp_path, {FILE: UNSTAMPED})

    assert list(stamp_language(content, KHMER, TODAY)) == [
        "texts/km/flows/home.yaml: 3 texts stamped",
        "3 texts stamped",
    ]
    assert (content / FILE).read_text(encoding="utf-8") == STAMPED
    assert list(stamp_language(content, KHMER, TODAY)) == ["0 texts stamped"]


# Lists for translators


def test_what_is_missing_and_stale_comes_as_files_to_fill_in(tmp_path: Path) -> None:
    content = write_content(tmp_path, khmer(f'{{from: 00000000, text: "{QUESTION}"}}'))

    words = list(pull(content, KHMER, TODAY))

    at = words.index("# texts/km/flows/home.yaml")
    assert words[at + 1] == (
        "language: km\nstatus: draft\ntexts:\n"
        f'  # Home\n  home.title: {{from: {hash_of("Home")}, text: ""}}\n'
        f'  # What do you want to know?\n  # so far: {QUESTION}\n  home.menu.say: {{from: {HASH}, text: ""}}\n'
        f'  # Where I am from\n  home.menu.choose.where: {{from: {hash_of("Where I am from")}, text: ""}}\n'
        f'  # Again\n  home.menu.choose.again: {{from: {hash_of("Again")}, text: ""}}\n'
    )


def test_a_skeleton_that_is_not_filled_in_is_not_taken(tmp_path: Path) -> None:
    assert told_about(tmp_path, khmer(f'{{from: {HASH}, text: ""}}')) == [
        "content/texts/km/flows/home.yaml:4:41: words are missing here"
    ]


def test_progress_counts_by_language_and_trust(tmp_path: Path) -> None:
    content = write_content(tmp_path, khmer(f'{{from: {HASH}, text: "{QUESTION}", status: reviewed}}'))

    first, second = progress(assembled_from(content))

    assert first == Progress(
        KHMER, first.total, reviewed=1, draft=0, stale=0, missing=first.total - 1, vital=first.vital
    )
    assert second == Progress(Language("lo"), first.total, 0, 0, 0, first.total, first.vital)
    assert 0 < first.vital < first.total
    assert next(iter(tell_progress(content, TODAY))) == (
        f"km: {first.total} texts, 1 reviewed, 0 drafts, 0 stale, {first.total - 1} missing,"
        f" {first.vital} of them needed in danger"
    )


def test_generated_content_is_sound_in_all_languages(tmp_path: Path) -> None:
    content = generate_content(tmp_path, screens=45)
    notebook = Notebook()

    assembled = check_content(content, TODAY, notebook)

    assert notebook.problems() == ()
    assert assembled is not None
    assert [each.missing for each in progress(assembled)] == [0, 0, 0, 0]
    assert sum(len(flow.screens) for flow in assembled.draft.flows.values()) == 45 + 2
