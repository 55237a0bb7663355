"""`bot.yaml` and `phrases.yaml` → what holds for the whole bot."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from bot.compiler.draft import ENGLISH, BotDraft, Draft, Kind, Mention, Role
from bot.compiler.forms import BOT_FILE, PHRASES_FILE, SPECIAL_FLOWS, TICKET_FLOWS
from bot.compiler.leaves import at, entries_at, entries_of, many_at, read_day, text_at, texts_at, texts_of, words_at
from bot.compiler.reading import Node
from bot.compiler.shapes import inspect
from bot.dialogue.script import Tongue
from bot.dialogue.steps import FlowId
from bot.messages import Language

_OF_STAFF: Final = ("console-", "studio-")


def shape_bot(node: Node, draft: Draft) -> None:
    """Take what holds for the whole bot into the content."""
    inspect(node, BOT_FILE, draft.notebook)
    draft.write("bot.name", at(node, "name"), Role.BOT, everywhere=True)
    for key in ("description", "short_description"):
        draft.write(f"bot.{key}", at(node, key), Role.BOT, vital=True)
    for command, words in entries_at(node, "commands"):
        draft.write(f"bot.command.{command.words}", words, Role.BOT, vital=True)
    for danger, _ in entries_at(node, "emergency"):
        for head in ("danger", "no-number"):
            draft.mentions.append(Mention(Kind.PHRASE, f"{head}-{danger.words}", danger.place))
    for name, _ in entries_at(node, "profile"):
        draft.introduce(Kind.FIELD, name)
    for name, _ in entries_at(node, "holidays"):
        draft.introduce(Kind.HOLIDAYS, name)
    draft.bot = BotDraft(
        place=node.place,
        tongues=_shape_tongues(node, draft),
        profile={name.words: many_at(details, "values") for name, details in entries_at(node, "profile")},
        asked_by=_shape_asking(node, draft),
        special=_shape_special(node, draft),
        emergency={name.words: _words_of(kinds) for name, kinds in entries_at(node, "emergency")},
        keywords={
            wish.words: {language.words: list(_words_of(words)) for language, words in entries_of(by_language)}
            for wish, by_language in entries_at(node, "keywords")
        },
        holidays={name.words: _days_of(days) for name, days in entries_at(node, "holidays")},
        preview_words={language.words: _words_of(words) for language, words in entries_at(node, "preview_words")},
    )


def shape_phrases(node: Node, draft: Draft) -> None:
    """Take the engine's own words into the content."""
    inspect(node, PHRASES_FILE, draft.notebook)
    for name, words in entries_at(node, "phrases"):
        draft.introduce(Kind.PHRASE, name)
        # Staff and editors can do with English for a day; nobody in danger reads their pages.
        is_vital = not name.words.startswith(_OF_STAFF)
        draft.write(f"phrase.{name.words}", words, Role.PHRASE, vital=is_vital)


def _shape_tongues(node: Node, draft: Draft) -> Mapping[Language, Tongue]:
    tongues: dict[Language, Tongue] = {}
    known = [code.words for code, _ in entries_at(node, "languages")]
    for code, details in entries_at(node, "languages"):
        language = Language(code.words)
        for fallback in texts_at(details, "fallback"):
            if fallback.words not in known:
                draft.notebook.unknown(fallback.place, "language", fallback.words, known)
        fallbacks = tuple(Language(each) for each in many_at(details, "fallback"))
        tongues[language] = Tongue(language, words_at(details, "name"), fallbacks)
    if ENGLISH not in tongues:
        draft.notebook.error(node.place, "'languages:' needs 'en', the language of the source")
    return tongues


def _shape_asking(node: Node, draft: Draft) -> Mapping[str, FlowId]:
    asking: dict[str, FlowId] = {}
    for name, details in entries_at(node, "profile"):
        flow = text_at(details, "ask")
        if flow is not None:
            asking[name.words] = FlowId(draft.mention(Kind.FLOW, flow))
    return asking


def _shape_special(node: Node, draft: Draft) -> Mapping[str, FlowId]:
    special = at(node, "special") or node
    found = {name: text for name in (*SPECIAL_FLOWS, *TICKET_FLOWS) if (text := text_at(special, name)) is not None}
    return {name: FlowId(draft.mention(Kind.FLOW, text)) for name, text in found.items()}


def _words_of(node: Node) -> tuple[str, ...]:
    return tuple(text.words for text in texts_of(node))


def _days_of(node: Node) -> frozenset[date]:
    return frozenset(day for text in texts_of(node) if (day := read_day(text.words)) is not None)
