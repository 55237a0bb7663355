"""The files of a folder, read one after the other and put together into one linked draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.compiler.draft import Draft, Kind
from bot.compiler.folder import Folder, files_in, folder_of
from bot.compiler.forms import GLOSSARY_FILE, STAGES
from bot.compiler.leaves import plain_tree
from bot.compiler.lending import lend
from bot.compiler.linking import Linked, link
from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import Node
from bot.compiler.reading_media import check_recordings, read_media
from bot.compiler.shapes import inspect
from bot.compiler.shaping_bot import shape_bot, shape_phrases
from bot.compiler.shaping_desk import shape_cards, shape_helplines
from bot.compiler.shaping_facts import shape_facts, shape_hotlines, shape_places
from bot.compiler.shaping_flows import shape_flow
from bot.compiler.shaping_topics import EMERGENCY, shape_topics
from bot.compiler.teaching import Lessons
from bot.compiler.translations import Translations, read_translations
from bot.media import Media


@dataclass(frozen=True, slots=True)
class Assembled:
    """Everything that the files say, linked but not yet checked."""

    draft: Draft
    linked: Linked
    media: Media
    translations: Translations
    version: str
    lessons: Lessons
    phrases: Place
    documents: Mapping[str, Node]
    """`concepts.yaml`, `safety.yaml` and `glossary.yaml` as they stand; what they mean is known to others."""
    is_whole: bool = True
    """Whether every file could be read: what else seems wrong without one of them only hides the mistake in it."""


def assemble(directory: Path | Folder, notebook: Notebook) -> Assembled:
    """Read and link all files of a folder; write down what is wrong on the way."""
    folder = folder_of(directory)
    draft = Draft(notebook)
    translations = Translations()
    documents: dict[str, Node] = {}
    seen: set[tuple[str, ...]] = set()
    is_whole = True
    # One file after the other, so that the nodes of one can go before those of the next are built.
    for parts, file in sorted(folder.listed(), key=lambda file: turn(file[0])):
        seen.add(parts)
        shown_as = f"{folder.shown_as}/{file}"
        found = Notebook()
        node = folder.read(file, found)
        notebook.take(found)
        if node is None and found.problems():
            is_whole = False
        elif node is None:
            if parts[0] == "flows":
                draft.stood.setdefault((Kind.FLOW, parts[-1]), Place(shown_as, 1, 1))
            notebook.warning(Place(shown_as, 1, 1), "nothing stands in this file")
        elif parts[0] == "texts" and not is_whole:
            # Its texts may be those of the file that could not be read.
            continue
        elif not take(node, parts, draft, translations, documents):
            notebook.warning(Place(shown_as, 1, 1), "nothing reads this file; is it in the right folder?")
    for file in folder.names(".yml"):
        place = Place(f"{folder.shown_as}/{file}", 1, 1)
        notebook.warning(place, "nothing reads this file: its name must end in '.yaml'")
    for name in ("bot", "phrases"):
        if (name,) not in seen:
            notebook.error(Place(f"{folder.shown_as}/{name}.yaml", 1, 1), "this file is missing")
    if folder.lender is not None:
        lend(folder.lender, draft, translations)
    if not is_whole:
        draft.notebook = Notebook()
    at = folder.path / "media"
    media = read_media(at, files_in(at), f"{folder.shown_as}/media", draft)
    draft.pictures = frozenset(media.named)
    return Assembled(
        draft=draft,
        linked=link(draft),
        media=check_recordings(media, draft, translations),
        translations=translations,
        version=folder.version(),
        lessons=lessons_of(documents, draft),
        phrases=Place(f"{folder.shown_as}/phrases.yaml", 1, 1),
        documents=documents,
        is_whole=is_whole,
    )


_TURNS: Final = (
    "bot",
    "phrases",
    "facts",
    "hotlines",
    "places",
    "topics",
    "helplines",
    "cards",
    "flows",
    "texts",
    "concepts",
    "safety",
)
"""What the files of each folder need stands in those before."""


def turn(parts: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    """When a file is read, by its place in the folder: the least first."""
    folder = _TURNS.index(parts[0]) if parts[0] in _TURNS else len(_TURNS)
    # Topics stand in the order of the way of a migrant.
    stage = STAGES.index(parts[1]) if parts[0] == "topics" and parts[1:] and parts[1] in STAGES else 0
    return folder, stage, parts


def take(
    node: Node, parts: tuple[str, ...], draft: Draft, translations: Translations, documents: dict[str, Node]
) -> bool:
    """Take what a file says into the content; False where no file has its place here."""
    match parts:
        case ("bot",):
            shape_bot(node, draft)
        case ("phrases",):
            shape_phrases(node, draft)
        case ("helplines",):
            shape_helplines(node, draft)
        case ("cards",):
            shape_cards(node, draft)
        case ("concepts" | "safety" as name,):
            documents[name] = node
        case ("glossary",):
            inspect(node, GLOSSARY_FILE, draft.notebook)
            documents["glossary"] = node
        case ("facts", _):
            shape_facts(node, draft)
        case ("hotlines", _):
            shape_hotlines(node, draft)
        case ("places", _):
            shape_places(node, draft)
        case ("topics", stage):
            shape_topics(node, stage, draft)
        case ("flows", name):
            shape_flow(node, name, draft)
        case ("texts", language, *_) if len(parts) > 2:
            read_translations(node, language, draft, translations)
        case _:
            return False
    return True


def lessons_of(documents: Mapping[str, Node], draft: Draft) -> Lessons:
    """What the files teach about people's words."""
    return Lessons(
        keywords=draft.bot.keywords if draft.bot else {},
        examples=draft.examples,
        emergencies=tuple(topic.id for topic in draft.topics.values() if topic.urgency == EMERGENCY),
        concepts=plain_tree(documents.get("concepts")),
        safety=plain_tree(documents.get("safety")),
        stages={topic.id: topic.stage for topic in draft.topics.values()},
    )
