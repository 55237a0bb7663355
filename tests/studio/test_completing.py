"""Where the cursor stands, what may be written there is offered: keys, fixed words, and what exists."""

import pytest

from bot.compiler.draft import Draft
from bot.compiler.glancing import whole_of
from bot.compiler.problems import Notebook
from bot.compiler.reading import Node, read_yaml
from bot.studio.completing import complete
from tests.compiler.content_builder import WHOLE

CURSOR = "¦"


@pytest.fixture(scope="module")
def draft() -> Draft:
    nodes: dict[str, Node] = {}
    for name, words in WHOLE.items():
        node = read_yaml(words.encode(), name, Notebook())
        assert node is not None
        nodes[name] = node
    return whole_of(nodes, "content", ["passport"]).draft


def _offered(draft: Draft, name: str, words: str) -> list[str]:
    before, _, after = words.partition(CURSOR)
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return [word.word for word in complete(draft, name, (before + after).encode(), line, column)]


FLOW = "flow: home\ntitle: Home\nscreens:\n  menu:\n    - say: What?\n"


@pytest.mark.parametrize(
    ("name", "words", "offered"),
    [
        # Keys
        ("facts/x.yaml", "- fact: a\n  ¦", {"value", "unit", "source", "checked", "confidence"}),
        ("facts/x.yaml", "- fact: a\n  va¦\n  value: 3\n", {"valid_from", "valid_to"}),
        ("facts/x.yaml", "- fact: a\n  source: {title: A, ¦}", {"url", "date"}),
        ("facts/x.yaml", "- fact: a\n  source:\n    ¦", {"title", "url", "date"}),
        ("hotlines/x.yaml", "- hotline: a\n  numbers:\n    - {¦", {"dial", "e164", "from", "confidence"}),
        ("flows/home.yaml", FLOW + "    - ¦", {"say", "choose", "ask", "go", "do", "end"}),
        ("flows/home.yaml", FLOW + "    - choose:\n        a: {label: A, ¦", {"go", "icon", "topic", "if"}),
        ("flows/home.yaml", FLOW + "    - choose:\n        a: A\n      ¦", {"save", "tries", "columns", "if"}),
        ("flows/home.yaml", FLOW + "    - say: x\n      if: {¦", {"origin", "not", "any", "desk"}),
        ("topics/work.yaml", "- topic: a\n  answer:\n    - ¦", {"when", "text", "sources", "checked"}),
        ("topics/work.yaml", "- topic: a\n  answer:\n    - when: {¦", {"origin"}),
        ("texts/km/bot.yaml", "¦", {"language", "status", "texts"}),
        ("safety.yaml", "ideas:\n  locked:\n    ¦", {"kind", "points", "words"}),
        # Fixed words
        ("safety.yaml", "ideas:\n  locked: {kind: ¦", {"violence", "suicide"}),
        ("facts/x.yaml", "- fact: a\n  confidence: ¦", {"high", "medium", "low"}),
        ("facts/x.yaml", "- fact: a\n  confidence: h¦", {"high"}),
        ("hotlines/x.yaml", "- hotline: a\n  kind: [labour, me¦", {"medical", "mental-health"}),
        ("hotlines/x.yaml", '- hotline: a\n  numbers:\n    - {dial: "1", from: [¦', {"th", "anywhere"}),
        ("flows/home.yaml", FLOW + "    - ask: {text: How?, as: mo¦", {"money"}),
        ("flows/home.yaml", FLOW + "    - do: ho¦", {"hotlines"}),
        # What exists
        ("flows/home.yaml", FLOW + "    - go: ¦", {"menu", "home", "back", "flow:origin", "topic:minimum-wage"}),
        ("flows/home.yaml", FLOW + "    - choose:\n        a: {label: A, go: flow:o¦", {"flow:origin"}),
        ("flows/home.yaml", FLOW + "    - say: x\n      if: {origin: [kh, ¦", {"la", "mm", "unknown"}),
        ("flows/home.yaml", FLOW + "    - show: ¦", {"passport"}),
        ("flows/home.yaml", FLOW + '    - say: "It is {fact:¦', {"th-wage"}),
        ("flows/home.yaml", FLOW + '    - say: "Call {hotline:th¦', {"th-1506"}),
        ("flows/home.yaml", FLOW + "    - say: Now {f¦", {"fact:"}),
        ("topics/work.yaml", "- topic: a\n  next: [¦", {"minimum-wage"}),
        ("topics/work.yaml", "- topic: a\n  hotlines:\n    - ¦", {"th-1506"}),
        ("facts/x.yaml", "- fact: a\n  unit: ¦", {"THB"}),
    ],
)
def test_what_may_be_written_is_offered(draft: Draft, name: str, words: str, offered: set[str]) -> None:
    assert offered <= set(_offered(draft, name, words))


def test_what_is_written_already_is_not_offered_again(draft: Draft) -> None:
    assert "value" not in _offered(draft, "facts/x.yaml", "- fact: a\n  value: 3\n  ¦\n  unit: THB\n")
    assert "unit" not in _offered(draft, "facts/x.yaml", "- fact: a\n  value: 3\n  ¦\n  unit: THB\n")
    assert "title" not in _offered(draft, "facts/x.yaml", "- fact: a\n  source: {title: A, ¦}")


def test_a_word_says_what_it_means(draft: Draft) -> None:
    source = b"- topic: a\n  next: [mini"

    (word,) = complete(draft, "topics/work.yaml", source, 2, len("  next: [mini") + 1)

    assert (word.word, word.about) == ("minimum-wage", "Minimum wage")


@pytest.mark.parametrize(
    "words",
    [
        "¦",
        "\t\t- ¦",
        "- " * 200 + "¦",
        "{" * 500 + "¦",
        "[" * 500 + "]" * 300 + "¦",
        '"' * 99 + "¦",
        "? ¦",
        "a: &x ¦",
        "x" * 9_000 + "¦",
    ],
    ids=lambda words: words[:8],
)
@pytest.mark.parametrize("name", ["flows/home.yaml", "facts/x.yaml", "README.md", "concepts.yaml"])
def test_whatever_stands_there_nothing_breaks(draft: Draft, name: str, words: str) -> None:
    assert len(_offered(draft, name, words)) <= 60
    assert complete(draft, name, b"\xff\xfe", 1, 2) is not None
    assert complete(draft, name, b"", 99, 99) == ()
