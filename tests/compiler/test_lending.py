"""Content that was made for an older program gets the words that are new from the program's own folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.compiler import Folder, Notebook, check_content, compile_content, errors, lent_by
from bot.compiler.translations import hash_of
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.messages import Language
from tests.compiler.content_builder import PHRASES, TODAY, WHOLE, without, write_content

EN, KM, LO = Language("en"), Language("km"), Language("lo")
MOVED: Final = TextId("phrase.moved")
DONE: Final = TextId("phrase.done")
OLD: Final = without(PHRASES, "moved:").replace("Words for done", "Ready")
"""Without one phrase, and with another in words of its own."""


def texts(language: Language, **words: tuple[str, str]) -> str:
    lines = (f'  "phrase.{name}": {{text: "{text}", from: "{hash_of(of)}"}}' for name, (text, of) in words.items())
    return f"language: {language}\nstatus: draft\ntexts:\n" + "\n".join(lines) + "\n"


def version(folder: Path, lender: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None) -> Folder:
    """An old version, and the folder that came with a newer program."""
    old = write_content(folder / "old", {"phrases.yaml": OLD, **(own or {})})
    new = write_content(folder / "new", lender)
    return Folder(old, "content", lender=lent_by(new))


def mistakes(content: Folder) -> list[str]:
    notebook = Notebook()
    check_content(content, TODAY, notebook)
    return [problem.words for problem in errors(notebook.problems())]


def told(script: Script, text: TextId, language: Language) -> tuple[str, Language]:
    phrase, found = script.phrasebook.find(text, language)
    return "".join(str(part) for part in phrase), found


def test_a_phrase_that_is_new_is_lent(tmp_path: Path) -> None:
    content = version(tmp_path)

    script = compile_content(content, TODAY).script

    assert told(script, MOVED, EN) == ("Words for moved", EN)
    assert mistakes(Folder(content.path, "content")) == ["the phrase 'moved' is missing: the engine says it"]


def test_what_a_version_says_in_its_own_words_stays(tmp_path: Path) -> None:
    script = compile_content(version(tmp_path), TODAY).script

    assert told(script, DONE, EN) == ("Ready", EN)


def test_its_translations_come_along_for_languages_that_the_version_has(tmp_path: Path) -> None:
    moved = ("សារនេះបានផ្លាស់ទី", "Words for moved")
    lender = {"texts/km/phrases.yaml": texts(KM, moved=moved), "texts/lo/phrases.yaml": texts(LO, moved=moved)}
    own = {"texts/km/phrases.yaml": texts(KM, done=("រួចរាល់", "Ready"))}
    content = version(tmp_path, lender, own)
    notebook = Notebook()

    assembled = check_content(content, TODAY, notebook)

    assert assembled is not None
    assert {language: set(found) for language, found in assembled.translations.by_language.items()} == {
        KM: {DONE, MOVED}
    }


def test_a_language_for_which_nothing_is_lent_says_it_in_another(tmp_path: Path) -> None:
    content = version(tmp_path, own={"texts/km/phrases.yaml": texts(KM, done=("រួចរាល់", "Ready"))})
    notebook = Notebook()

    assembled = check_content(content, TODAY, notebook)

    assert assembled is not None
    lacking = [problem.words for problem in errors(notebook.problems()) if "moved" in problem.words]
    assert lacking == []


def test_nothing_is_lent_from_a_file_with_mistakes(tmp_path: Path) -> None:
    moved = ("សារនេះ {x} បានផ្លាស់ទី", "Words for moved")
    own = {"texts/km/phrases.yaml": texts(KM, done=("រួចរាល់", "Ready"))}
    content = version(tmp_path, {"texts/km/phrases.yaml": texts(KM, moved=moved)}, own)

    assembled = check_content(content, TODAY, Notebook())

    assert assembled is not None
    assert set(assembled.translations.of(KM)) == {DONE}
    broken = {"phrases.yaml": PHRASES.replace("Words for moved", '"{"')}
    assert mistakes(version(tmp_path / "other", broken)) == ["the phrase 'moved' is missing: the engine says it"]


def test_a_phrase_that_tells_what_the_version_may_not_have_is_not_lent(tmp_path: Path) -> None:
    lender = {"phrases.yaml": PHRASES.replace("Words for moved", '"Not less than {fact:th-wage}"')}

    assert mistakes(version(tmp_path, lender)) == ["the phrase 'moved' is missing: the engine says it"]


def test_a_folder_without_phrases_lends_none(tmp_path: Path) -> None:
    assert "phrases.yaml" in WHOLE
    assert mistakes(version(tmp_path, {"phrases.yaml": ""})) == ["the phrase 'moved' is missing: the engine says it"]
