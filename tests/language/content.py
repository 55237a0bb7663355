"""The project's own content, read the short way: what the language tests learn from."""

from functools import cache
from pathlib import Path

import yaml

from bot.language import Example, Tree, Understanding, concepts_from, safety_from
from tests.lessons import lessons_of

ROOT = Path(__file__).parents[2]
CONTENT = ROOT / "content"
DATA = Path(__file__).parent / "data"


def tree(path: Path) -> Tree:
    loaded: Tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
    return loaded


@cache
def examples() -> tuple[Example, ...]:
    found: list[Example] = []
    for path in sorted(CONTENT.glob("topics/*.yaml")):
        topics = tree(path)
        assert not isinstance(topics, str)
        for topic in topics:
            assert isinstance(topic, dict)
            found += [Example(str(topic["topic"]), "en", str(line)) for line in topic.get("ask", ())]
    for path in sorted(CONTENT.glob("texts/*/topics/*.yaml")):
        texts = tree(path)
        assert isinstance(texts, dict)
        for topic, lines in (texts.get("ask") or {}).items():
            found += [Example(str(topic), path.parts[-3], str(line)) for line in lines]
    return tuple(found)


@cache
def understanding() -> Understanding:
    """What is learned from all examples; learned once for all processes that run tests."""
    concepts = concepts_from(tree(CONTENT / "concepts.yaml"))
    safety = safety_from(tree(CONTENT / "safety.yaml"), concepts)
    with lessons_of(CONTENT, "language") as folder:
        kept = folder / "understanding"
        if not kept.exists():
            kept.write_bytes(Understanding.build(examples(), concepts, safety).to_bytes())
        return Understanding.build(examples(), concepts, safety, stored=kept.read_bytes())
