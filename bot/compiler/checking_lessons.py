"""The documents that teach dangers and ideas: what the language cannot make sense of, at its place in the file."""

import re
from typing import Final

from bot.compiler.assembling import Assembled
from bot.compiler.problems import Place
from bot.compiler.reading import ListNode, MapNode, Node
from bot.language import concepts_from, safety_from

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def check_lessons(assembled: Assembled) -> None:
    """Write down what is wrong in `concepts.yaml` and `safety.yaml`, and that they are missing."""
    notebook = assembled.draft.notebook
    documents = assembled.documents
    for name in ("concepts", "safety"):
        if name not in documents:
            place = assembled.phrases._replace(file=assembled.phrases.file.replace("phrases", name))
            notebook.warning(place, "without this file nobody's danger is heard in their words")
    if not documents:
        return
    try:
        concepts = concepts_from(assembled.lessons.concepts)
    except ValueError as error:
        _tell(error, "concepts", assembled)
        return
    try:
        safety_from(assembled.lessons.safety, concepts)
    except ValueError as error:
        _tell(error, "safety", assembled)


def _tell(error: ValueError, name: str, assembled: Assembled) -> None:
    node = assembled.documents.get(name)
    if node is None:
        return
    for line in str(error).splitlines():
        path, _, words = line.partition(": ")
        assembled.draft.notebook.error(_place_of(path, node), words or line)


def _place_of(path: str, node: Node) -> Place:
    """The place of what a path such as `ideas.locked.words[2]` names, as far as it can be followed."""
    place = node.place
    for index, key in _STEP.findall(path):
        match node:
            case MapNode() if key in node.entries:
                place, node = node.entries[key].key.place, node.entries[key].value
            case ListNode() if index and int(index) < len(node.items):
                node = node.items[int(index)]
                place = node.place
            case _:
                return place
    return place
