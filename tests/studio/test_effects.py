from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.compiler import Lessons
from bot.dialogue.script import TopicId
from bot.language import Danger, Level, Matching, Mode, Understood
from bot.messages import Language
from bot.studio.effects import Known, Question, Verdict, moved, new_examples, tried_in, typed_in

CONTENT = Path(__file__).parents[2] / "content"
ENGLISH = Language("en")


@dataclass(frozen=True)
class Hears:
    """Knows what some texts mean: a topic alone is the answer, several are a choice."""

    known: Mapping[str, str]

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        words = self.known.get(text, "").split()
        if words and words[0].startswith("!"):
            return Understood(text, danger=Danger(Level.CERTAIN, words[0][1:]))
        mode = Mode.NONE if not words else Mode.ANSWER if len(words) == 1 else Mode.CHOOSE
        return Understood(text, matching=Matching(tuple((topic, 0.5) for topic in words), mode))


def question(text: str, *wanted: str, known: Known = Known.TRIED) -> Question:
    return Question(text, ENGLISH, known, frozenset(wanted))


def verdict_of(before: str, after: str, *wanted: str) -> Verdict | None:
    found = moved([question("q", *wanted)], Hears({"q": before}), Hears({"q": after}))
    return found[0].verdict if found else None


def test_a_change_is_better_or_worse_by_what_was_wanted() -> None:
    assert verdict_of("wage", "visa", "wage") is Verdict.WORSE
    assert verdict_of("visa", "wage", "wage") is Verdict.BETTER
    assert verdict_of("visa", "wage visa", "wage") is Verdict.BETTER
    assert verdict_of("wage", "wage visa", "wage") is Verdict.WORSE
    assert verdict_of("", "visa", "wage") is Verdict.WORSE
    assert verdict_of("visa", "", "wage") is Verdict.BETTER
    assert verdict_of("visa", "passport", "wage") is Verdict.OTHER
    assert verdict_of("", "visa") is Verdict.BETTER
    assert verdict_of("wage", "visa") is Verdict.OTHER
    assert verdict_of("wage", "!violence") is Verdict.OTHER
    assert verdict_of("wage", "wage", "visa") is None
    assert verdict_of("wage visa", "wage passport", "wage") is None
    assert verdict_of("wage visa", "wage passport", "visa") is Verdict.WORSE


def test_only_what_goes_elsewhere_is_told_the_worse_first_and_each_once() -> None:
    asked = [question("a", "wage"), question("b", "wage"), question("c"), question("a", "wage"), question("d", "visa")]
    before = Hears({"a": "visa", "b": "wage", "c": "wage", "d": "visa"})
    after = Hears({"a": "wage", "b": "visa", "c": "visa", "d": "visa"})

    assert [(one.question.text, one.verdict) for one in moved(asked, before, after)] == [
        ("b", Verdict.WORSE),
        ("c", Verdict.OTHER),
        ("a", Verdict.BETTER),
    ]


def lessons(**lines: tuple[str, ...]) -> Lessons:
    examples = {ENGLISH: {TopicId(topic): asked for topic, asked in lines.items()}}
    return Lessons({}, examples, (), {}, {})


def test_new_examples_are_tried_as_well() -> None:
    before, after = lessons(wage=("how much",)), lessons(wage=("how much", "what pay"), visa=("how long",))

    assert new_examples(before, after) == (
        question("what pay", "wage", known=Known.EXAMPLE),
        question("how long", "visa", known=Known.EXAMPLE),
    )
    assert new_examples(after, before) == ()


def test_what_authors_typed_in_their_conversations_is_tried_with_the_topic_they_expected() -> None:
    typed = typed_in(CONTENT)

    passport = next(one for one in typed if one.text == "my boss took my passport and will not give it back")
    assert passport == question(passport.text, "document-kept", known=Known.TESTED)
    assert {one.language for one in typed} >= {"en", "km", "lo", "my", "th"}


def test_tables_of_questions_are_tried(tmp_path: Path) -> None:
    table = tmp_path / "dev.tsv"
    table.write_text("lang\ttopic\talso_ok\ttext\nen\twage\tvisa\thow much\nkm\t\t\tអី\n", encoding="utf-8")

    assert tried_in([table]) == (
        question("how much", "wage", "visa"),
        Question("អី", Language("km"), Known.TRIED),
    )
