from pathlib import Path

import pytest

from bot.compiler import KeywordsOnly, Lessons, compile_content, teach_in
from bot.dialogue.events import Wish
from bot.language import Level, Understands
from tests.compiler.content_builder import BOT, CONCEPTS, HOME, SAFETY, TODAY, TOPIC, problems_of, write_content

FILES = {
    "topics/work.yaml": TOPIC
    + TOPIC.replace("minimum-wage", "held-against-will").replace(
        "[wage, pay, salary, how much pay, what is my pay, daily money]",
        "[they locked the door, locked in, cannot go out, we are kept here, the boss locked us in, let me out]",
    )
}


def understanding_of(folder: Path, cache: Path | None) -> Understands:
    return compile_content(write_content(folder, FILES), TODAY, teach_in(cache)).script.understanding


def test_content_teaches_topics_dangers_and_keywords(tmp_path: Path) -> None:
    understanding = understanding_of(tmp_path, None)

    pay = understanding.understand("how much pay", "en", {})
    locked = understanding.understand("they locked me in", "en", {})
    assert pay.matching.topics[0][0] == "minimum-wage"
    assert locked.danger.level is Level.CERTAIN
    assert locked.danger.kind == "held-against-will"
    assert understanding.understand("home", "en", {}).wish == Wish.HOME.value


def test_what_was_learned_is_kept_by_what_taught_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    first = understanding_of(tmp_path / "a", cache).understand("what is my salary", "en", {})
    (kept,) = cache.iterdir()
    written = kept.stat().st_mtime_ns
    again = understanding_of(tmp_path / "b", cache).understand("what is my salary", "en", {})

    assert again == first
    assert [path.stat().st_mtime_ns for path in cache.iterdir()] == [written]


def test_other_lessons_are_learned_and_take_the_place_of_the_old(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    understanding_of(tmp_path / "a", cache)
    (old,) = cache.iterdir()

    compile_content(
        write_content(tmp_path / "b", {"topics/work.yaml": TOPIC.replace("salary", "earning")}), TODAY, teach_in(cache)
    )

    (new,) = cache.iterdir()
    assert new != old


@pytest.mark.parametrize("broken", [b"", b"nothing", b"PK\x03\x04"])
def test_a_broken_cache_is_learned_anew(broken: bytes, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    understanding_of(tmp_path / "a", cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(broken)

    understanding_of(tmp_path / "b", cache)

    assert len(kept.read_bytes()) == len(whole)


def test_content_that_teaches_nothing_is_understood_by_its_keywords(tmp_path: Path) -> None:
    content = write_content(tmp_path, {"concepts.yaml": "", "safety.yaml": ""})

    assert isinstance(compile_content(content, TODAY, teach_in(None)).script.understanding, KeywordsOnly)


def test_keywords_alone_are_understood() -> None:
    understands = KeywordsOnly(Lessons({"home": {"en": ["home", "menu"]}}, {}, (), {}, {}))

    menu = understands.understand("Menu", "en", {})
    pay = understands.understand("ប្រាក់", None, {})
    assert (menu.wish, menu.language, menu.readable) == (Wish.HOME.value, "en", "Menu")
    assert (pay.wish, pay.language, pay.readable) == (None, "km", "ប្រាក់")


def test_missing_documents_are_told(tmp_path: Path) -> None:
    assert problems_of(tmp_path, {"concepts.yaml": "", "safety.yaml": ""}) == [
        "content/concepts.yaml:1:1: warning: without this file nobody's danger is heard in their words",
        "content/safety.yaml:1:1: warning: without this file nobody's danger is heard in their words",
    ]


def test_mistakes_in_the_documents_are_told_at_their_place(tmp_path: Path) -> None:
    broken = problems_of(tmp_path / "a", {"concepts.yaml": CONCEPTS.replace("km: [ប្រាក់ខែ]", "km: [salary, เงิน]")})
    unknown = problems_of(tmp_path / "b", {"safety.yaml": SAFETY.replace("  locked:", "  lockd:")})

    assert [problem.split(": ")[0] for problem in broken] == ["content/concepts.yaml:2:48"]
    assert [problem.split(": ")[0] for problem in unknown] == ["content/safety.yaml:2:3"]


def test_words_of_the_safety_document_may_not_stand_in_a_preview(tmp_path: Path) -> None:
    assert problems_of(tmp_path, {"bot.yaml": BOT.replace("working abroad.", "the police.", 1)}) == [
        (
            "content/bot.yaml:2:14: 'police' may be read on a locked phone here;"
            " say no more than information about working abroad"
        )
    ]


def test_a_forbidden_word_is_not_found_inside_of_a_letter_with_its_signs(tmp_path: Path) -> None:
    bot = BOT.replace('  lo: {name: "ລາວ", fallback: [en]}', "  my: {name: my, fallback: [en]}")
    texts = "language: my\nstatus: draft\ntexts:\n  bot.description: {text: %s}\n"

    def forbidden(folder: str, words: str) -> list[str]:
        files = {
            "bot.yaml": bot + "preview_words: {my: [ရဲ]}\n",
            "flows/home.yaml": HOME,
            "texts/my/bot.yaml": texts % words,
        }
        return [problem for problem in problems_of(tmp_path / folder, files) if "locked phone" in problem]

    assert forbidden("of", "သူရဲ့အလုပ်") == []
    assert len(forbidden("police", "ရဲစခန်း")) == 1
