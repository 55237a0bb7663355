"""What is wrong with one file while somebody writes in it, without reading and judging all the others again.

Everything that the files say is kept as one draft. Of a file that changes, what it said is taken out and what it says
now is put in, which takes a hundredth of the time. What the change breaks elsewhere is left to the whole check.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeVar

from bot.compiler.assembling import Assembled, lessons_of, take, turn
from bot.compiler.checking_facts import check_facts
from bot.compiler.checking_flows import check_flows
from bot.compiler.checking_lessons import check_lessons
from bot.compiler.checking_names import check_names
from bot.compiler.checking_phrases import check_phrases
from bot.compiler.checking_previews import check_previews
from bot.compiler.checking_screens import check_screens
from bot.compiler.checking_texts import check_texts
from bot.compiler.checking_translations import check_translations
from bot.compiler.draft import Draft, Kind
from bot.compiler.leaves import entries_at, plain_tree
from bot.compiler.linking import link
from bot.compiler.problems import Notebook, Place, Problem
from bot.compiler.reading import Node
from bot.compiler.translations import Translations
from bot.dialogue.script import TopicId
from bot.media import Media
from bot.messages import Language

BOT: Final = "bot.yaml"
"""All else is read in the light of this file; when it changes, nothing can be kept."""

_DOCUMENTS: Final = frozenset({"concepts", "safety", "glossary"})
Id = TypeVar("Id", bound=str)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the files say; never changed, so that many may look at it."""

    draft: Draft
    translations: Translations
    shown_as: str
    documents: Mapping[str, Node] = field(default_factory=dict)


def whole_of(nodes: Mapping[str, Node], shown_as: str, pictures: Iterable[str]) -> Whole:
    """All that files say, by their names such as `facts/thailand.yaml`; what is wrong with them is not told."""
    draft, translations, documents = Draft(Notebook()), Translations(), dict[str, Node]()
    draft.pictures = frozenset(pictures)
    for name in sorted(nodes, key=lambda name: turn(parts_of(name))):
        take(nodes[name], parts_of(name), draft, translations, documents)
    return Whole(draft, translations, shown_as, documents)


def parts_of(name: str) -> tuple[str, ...]:
    """The place of a file in the folder."""
    *above, last = name.split("/")
    return (*above, last.removesuffix(".yaml"))


def exchange(
    whole: Whole, name: str, before: Node | None, now: Node | None, beside: Mapping[str, Node], notebook: Notebook
) -> Whole:
    """Everything with another file of this name, or without it; what is wrong with that file is written down.

    `beside` are the files that translate it: what they say depends on it.
    """
    gone = frozenset({f"{whole.shown_as}/{name}", *(f"{whole.shown_as}/{other}" for other in beside)})
    draft = _without(whole.draft, gone, name)
    translations = Translations(
        {
            language: {text: found for text, found in texts.items() if found.place.file not in gone}
            for language, texts in whole.translations.by_language.items()
        },
        {text: stamp for text, stamp in whole.translations.hashes.items() if text in draft.texts},
    )
    documents = {each: node for each, node in whole.documents.items() if f"{each}.yaml" != name}
    _forget_examples(draft, name, before, beside)
    draft.notebook = notebook
    if now is not None:
        take(now, parts_of(name), draft, translations, documents)
    draft.notebook = Notebook()
    for other, node in beside.items():
        take(node, parts_of(other), draft, translations, documents)
    draft.notebook = notebook
    return Whole(draft, translations, whole.shown_as, documents)


def beside_of(name: str, names: Iterable[str]) -> list[str]:
    """The files that translate a file, in all languages."""
    return [other for other in names if other.startswith("texts/") and other.split("/", 2)[2:] == [name]]


def glance(whole: Whole, name: str, today: date, lent: Collection[str] = ()) -> tuple[Problem, ...]:
    """What is wrong with a file in the midst of the others, besides what was written down when it was taken in.

    `lent` are phrases that it may lack.
    """
    notebook, file = Notebook(), f"{whole.shown_as}/{name}"
    draft = replace(whole.draft, notebook=notebook)
    linked = link(draft)
    narrow = replace(
        draft,
        texts={text: found for text, found in draft.texts.items() if found.place.file == file},
        topics={topic: found for topic, found in draft.topics.items() if found.place.file == file},
    )
    translations = whole.translations
    phrases = Place(f"{whole.shown_as}/phrases.yaml", 1, 1)
    lessons = lessons_of(whole.documents, draft)
    if name == "phrases.yaml":
        check_phrases(draft, phrases, lent)
    check_flows(draft, linked)
    check_names(draft)
    check_facts(draft, today)
    if name.startswith("texts/"):
        own = {
            language: {text: found for text, found in texts.items() if found.place.file == file}
            for language, texts in translations.by_language.items()
        }
        check_texts(draft, Translations(own, translations.hashes), english=False)
        narrow = replace(narrow, texts={}, topics={})
        check_translations(narrow, Translations(own, translations.hashes), unfinished=False)
    else:
        here = {flow: each for flow, each in linked.flows.items() if each.place.file == file}
        check_texts(narrow, Translations())
        check_screens(draft, replace(linked, flows=here), translations, today)
        check_translations(narrow, translations, unfinished=False)
    check_previews(draft, linked, translations, plain_tree(whole.documents.get("safety")))
    if name.removesuffix(".yaml") in _DOCUMENTS:
        assembled = Assembled(draft, linked, Media({}, {}), translations, "", lessons, phrases, whole.documents)
        check_lessons(assembled)
    return tuple(problem for problem in notebook.problems() if problem.place.file == file)


def _without(draft: Draft, gone: frozenset[str], name: str) -> Draft:
    stood = {key: place for key, place in draft.stood.items() if place.file not in gone}

    def left(kind: Kind, values: Mapping[Id, Value]) -> dict[Id, Value]:
        return {each: value for each, value in values.items() if (kind, each) in stood}

    return replace(
        draft,
        texts={text: found for text, found in draft.texts.items() if found.place.file not in gone},
        flows={flow: each for flow, each in draft.flows.items() if each.place.file not in gone},
        topics={topic: each for topic, each in draft.topics.items() if each.place.file not in gone},
        facts=left(Kind.FACT, draft.facts),
        hotlines=left(Kind.HOTLINE, draft.hotlines),
        places=left(Kind.PLACE, draft.places),
        helplines=left(Kind.HELPLINE, draft.helplines),
        cards=left(Kind.CARD, draft.cards),
        card_groups=() if name == "cards.yaml" else draft.card_groups,
        stood=stood,
        mentions=[each for each in draft.mentions if each.place.file not in gone],
        counted_with=[each for each in draft.counted_with if each.place.file not in gone],
        asked=[each for each in draft.asked if each.place.file not in gone],
        kept=[each for each in draft.kept if each.place.file not in gone],
        examples={language: dict(by_topic) for language, by_topic in draft.examples.items()},
    )


def _forget_examples(draft: Draft, name: str, before: Node | None, beside: Mapping[str, Node]) -> None:
    """Ways to ask do not know where they stand: those of the topics that the files are about go."""
    for topics in draft.examples.values():
        for topic in [topic for topic in topics if topic not in draft.topics]:
            del topics[topic]
    nodes = {**beside, **({name: before} if before is not None else {})}
    for file, node in nodes.items():
        language = Language(file.split("/")[1] if file.startswith("texts/") else "")
        for key, _ in entries_at(node, "ask"):
            draft.examples.get(language, {}).pop(TopicId(key.words), None)
