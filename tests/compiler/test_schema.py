import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.compiler.forms import FILES
from bot.compiler.leaves import Json, plain_tree
from bot.compiler.problems import Notebook
from bot.compiler.reading import read_yaml
from bot.compiler.schema import schemas, write_schemas
from bot.compiler.shapes import inspect
from tests.compiler.content_builder import BOT, FACT, HOME, HOTLINE, ORIGIN, PHRASES, TOPIC

CONTENT = Path(__file__).parents[2] / "content"
KINDS_OF_FOLDERS = {"flows": "flow"}


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schemas()[f"{kind}.schema.json"]))


def tree_of(words: str) -> Json:
    return plain_tree(read_yaml(words.encode(), "f.yaml", Notebook()))


@pytest.mark.parametrize("kind", FILES)
def test_each_schema_is_a_sound_schema(kind: str) -> None:
    Draft202012Validator.check_schema(json.loads(schemas()[f"{kind}.schema.json"]))


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_shipped_schemas_are_up_to_date(name: str) -> None:
    assert (CONTENT / "schema" / name).read_text(encoding="utf-8") == schemas()[name], "run 'waymark content schema'"


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(CONTENT.rglob("*.yaml"))
        if path.stem not in {"concepts", "safety"} and path.parent.name != "schema"
    ],
    ids=lambda path: path.relative_to(CONTENT).as_posix(),
)
def test_the_shipped_content_fits_its_schema(path: Path) -> None:
    parts = path.relative_to(CONTENT).parts
    kind = KINDS_OF_FOLDERS.get(parts[0], parts[0]) if len(parts) > 1 else path.stem

    problems = [
        f"{error.json_path}: {error.message}" for error in validator(kind).iter_errors(tree_of(path.read_text()))
    ]

    assert problems == []


SOUND = {"bot": BOT, "phrases": PHRASES, "flow": HOME, "topics": TOPIC, "facts": FACT, "hotlines": HOTLINE}
BROKEN = {
    "flow": [
        HOME.replace("title: Home\n", ""),
        HOME.replace("label:", "lable:"),
        HOME.replace("say:", "says:"),
        HOME.replace("flow:origin", "flow:Origin!"),
        HOME + "    - say: Hi.\n      if: origin\n",
        HOME + "    - say: Hi.\n      if: {Origin: kh}\n",
        HOME + "    - choose: {a: A}\n      tries: {after: 3}\n",
        HOME + "    - do: remind\n      with: {in: soon, flow: home}\n",
        HOME + "    - do: remind\n",
        HOME + "    - finish\n",
        ORIGIN.replace("      save: origin", "      save: Origin"),
    ],
    "topics": [TOPIC.replace("urgency: normal", "urgency: hihg"), TOPIC.replace("2026-11-23", "yesterday")],
    "facts": [FACT.replace("value: 400", "value: much"), FACT.replace("confidence: high\n", "")],
    "hotlines": [
        HOTLINE.replace("hours: always", "hours: sometimes"),
        HOTLINE.replace("from: [th]", "from: [vn]"),
        HOTLINE.replace("kind: [labour]", "kind: [work]"),
    ],
    "bot": [BOT.replace("cover: home", "covers: home"), BOT.replace("keywords:", "words:")],
    "phrases": [PHRASES.replace("phrases:", "phrase:")],
}


@pytest.mark.parametrize("kind", SOUND)
def test_what_the_check_takes_the_schema_takes(kind: str) -> None:
    assert list(validator(kind).iter_errors(tree_of(SOUND[kind]))) == []


@pytest.mark.parametrize(("kind", "words"), [(kind, words) for kind, broken in BROKEN.items() for words in broken])
def test_what_the_check_refuses_the_schema_refuses(kind: str, words: str) -> None:
    notebook = Notebook()
    node = read_yaml(words.encode(), "f.yaml", notebook)
    assert node is not None
    inspect(node, FILES[kind], notebook)

    assert notebook.problems() != ()
    assert not validator(kind).is_valid(tree_of(words))


def test_guessed_types_of_editors_fit_too() -> None:
    guessed: Json = [
        {
            "fact": "th-wage",
            "about": "x",
            "value": 400,
            "unit": "THB",
            "source": {"title": "x", "date": 2025},
            "checked": "2026-11-23",
            "review_by": "2027-05-23",
            "confidence": "high",
        }
    ]

    assert validator("facts").is_valid(guessed)


def test_only_what_is_out_of_date_is_written(tmp_path: Path) -> None:
    assert len(write_schemas(tmp_path)) == len(FILES)
    (tmp_path / "flow.schema.json").write_text("{}")

    assert write_schemas(tmp_path) == [tmp_path / "flow.schema.json"]
    assert write_schemas(tmp_path) == []
