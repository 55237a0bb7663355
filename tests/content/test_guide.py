"""The guide for authors cannot go stale: its examples go into the shipped content and compile, and it names everything."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from jsonschema import Draft202012Validator

from bot.compiler import Compiled, Notebook, check_content, compile_content, errors
from bot.compiler.forms import (
    ACTIONS,
    FILES,
    HOTLINE,
    HOTLINE_KINDS,
    OPTION,
    PLACE,
    STEP_KINDS,
    TALK_KINDS,
    TOPIC,
    URGENCIES,
)
from bot.compiler.leaves import plain_tree
from bot.compiler.reading import read_yaml
from bot.compiler.rehearsal import rehearse_all
from bot.compiler.shapes import Action, Field, Record
from bot.dialogue.steps import AnswerKind

CONTENT: Final = Path(__file__).parents[2] / "content"
GUIDE: Final = (CONTENT / "README.md").read_text(encoding="utf-8")
TODAY: Final = date(2026, 11, 26)
# Translations change every day and have tests of their own; the conversations of others need all that is taught.
LEFT_OUT: Final = shutil.ignore_patterns("texts", "tests", "schema")
EXPECTED: Final = re.compile("km (lacks|has no example questions|texts without)|no step leads to the flow")
"""One example translates into Khmer, and that nothing leads to a flow yet is for its author to see."""


def whole_files(guide: str) -> dict[str, str]:
    """The examples that say which file they stand in."""
    found = re.findall(r"```yaml\n# content/(\S+)\n(.*?)```", guide, re.DOTALL)
    return dict(found)


EXAMPLES: Final = whole_files(GUIDE)
QUOTED: Final = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped content with every example written into it, as an author would."""
    content = tmp_path_factory.mktemp("guide") / "content"
    shutil.copytree(CONTENT, content, ignore=LEFT_OUT)
    for name in EXAMPLES:
        write_example(name, content)
    return content


def write_example(name: str, content: Path) -> None:
    path = content / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + EXAMPLES[name])


@pytest.fixture(scope="module")
def compiled(tried: Path) -> Compiled:
    return compile_content(tried, TODAY, unfinished=True)


def test_there_is_an_example_of_every_kind_of_file_that_authors_add_to() -> None:
    kinds = {name.partition("/")[0] for name in EXAMPLES}

    assert kinds == {"flows", "topics", "facts", "hotlines", "places", "texts", "tests"}
    assert GUIDE.count("```yaml") == len(EXAMPLES), "an example that names no file is not tried"


def test_the_examples_compile_in_the_shipped_content_without_a_warning(compiled: Compiled, tmp_path: Path) -> None:
    before = tmp_path / "content"
    shutil.copytree(CONTENT, before, ignore=LEFT_OUT)
    known = {problem.words for problem in compile_content(before, TODAY).problems}

    told = {problem.words for problem in compiled.problems} - known

    assert {words for words in told if not EXPECTED.match(words)} == set()


def test_an_author_can_try_the_examples_one_by_one_in_the_order_of_the_guide(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content, ignore=LEFT_OUT)
    for name in EXAMPLES:
        write_example(name, content)
        notebook = Notebook()

        check_content(content, TODAY, notebook, unfinished=True)

        assert errors(notebook.problems()) == (), f"after {name}"


def test_no_example_waits_for_translations_before_it_goes_live(tried: Path) -> None:
    assembled = check_content(tried, TODAY, Notebook(), unfinished=True)
    assert assembled is not None
    of_examples = [
        text
        for text in assembled.draft.texts.values()
        if re.search("example|lost-phone|every-step", text.id) and not text.id.startswith("phrase.")
    ]

    assert len(of_examples) > 15
    assert [text.id for text in of_examples if text.vital] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_fit_the_schemas_of_editors(name: str) -> None:
    kind = name.partition("/")[0].replace("flows", "flow")
    schema = json.loads((CONTENT / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    example = plain_tree(read_yaml(EXAMPLES[name].encode(), name, Notebook()))

    assert [error.message for error in Draft202012Validator(schema).iter_errors(example)] == []


def test_the_conversations_of_the_guide_come_out_as_written(tried: Path, compiled: Compiled) -> None:
    notebook = Notebook()

    assert rehearse_all(compiled.script, tried, notebook) >= 1
    assert [str(problem) for problem in notebook.problems()] == []


def _fields(kind: Record | Action) -> Iterator[Field]:
    yield from (kind.record if isinstance(kind, Action) else kind).fields
    if isinstance(kind, Action):
        for form in kind.forms.values():
            yield from form.fields


NAMES: Final = sorted(
    {
        *STEP_KINDS,
        *ACTIONS,
        *AnswerKind,
        *URGENCIES,
        *HOTLINE_KINDS,
        *TALK_KINDS,
        *(field.name for kind in STEP_KINDS.values() for field in _fields(kind)),
        *(field.name for record in (OPTION, TOPIC, HOTLINE, PLACE) for field in record.fields),
    }
)


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_names_what_may_be_written(name: str) -> None:
    quoted = any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", words) for words in QUOTED)
    used = any(re.search(rf"(?<![\w-]){re.escape(name)}:", words) for words in EXAMPLES.values())

    assert quoted or used


@pytest.mark.parametrize("name", STEP_KINDS)
def test_each_step_stands_in_an_example(name: str) -> None:
    assert any(re.search(rf"^ *- {name}\b", words, re.MULTILINE) for words in EXAMPLES.values())


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_stands_in_an_example(name: str) -> None:
    assert any(f"- do: {name}\n" in words for words in EXAMPLES.values())


def test_the_guide_names_every_unit() -> None:
    phrases = (CONTENT / "phrases.yaml").read_text(encoding="utf-8")
    units = set(re.findall(r"^  (?:unit|per)-(\w+):", phrases, re.MULTILINE))

    assert {unit for unit in units if f"`{unit}`" not in GUIDE} == set()
    assert len(units) > 15


def test_editors_are_told_which_schema_is_for_which_files() -> None:
    settings = CONTENT.parent / ".vscode" / "settings.json"
    told: dict[str, str] = json.loads(settings.read_text(encoding="utf-8"))["yaml.schemas"]

    assert {Path(schema).name for schema in told} == {f"{kind}.schema.json" for kind in FILES}
    assert all((CONTENT.parent / schema).is_file() for schema in told)
    helped = {path for files in told.values() for path in CONTENT.parent.glob(files)}
    assert {path.stem for path in set(CONTENT.rglob("*.yaml")) - helped} == {"concepts", "safety"}
