"""Puts the chat page together: the whole page, pieces of it, and what it shows while the store is away."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.clock import Clock
from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Looked, Opened, Wish, Wished
from bot.dialogue.from_memory import answer_from_memory, language_of_press
from bot.dialogue.script import Script
from bot.messages import Language, Message
from bot.store.contract import Outgoing, Record
from handlers.web.assets import Assets
from handlers.web.chat.articles import Article, settled, waiting_articles, worked_out_articles
from handlers.web.chat.said import Said, link_fields
from handlers.web.pages import render
from handlers.web.wordings import SOURCE, page_words, urgent_numbers

_WORDS: Final = (
    "page-title",
    "page-write",
    "page-send",
    "page-offline",
    "page-busy",
    "page-again",
    "page-call",
    "exit",
)
_SCRIPT_WORDS: Final = ("page-title", "page-write", "page-send", "page-offline", "page-busy", "page-call", "exit")


@dataclass(frozen=True, slots=True)
class Showing:
    """Makes pages and pieces out of messages."""

    script: Callable[[], Script]
    clock: Clock
    assets: Assets

    def page(self, waiting: Sequence[Outgoing], record: Record | None, link: Opened | None) -> str:
        """The page for somebody with a record, or for somebody new; a link leads elsewhere than where they stand."""
        opened = link or (Opened() if record is None else None)
        conversation = record.conversation if record else NEW_CONVERSATION
        articles = self._waiting(waiting)
        if opened is not None or not any(article.is_menu for article in articles):
            articles += self._worked_out(self._turn(conversation, opened or Looked()))
        last = waiting[-1].id.hex() if waiting else ""
        language = _spoken(articles) or conversation.language
        return self._page(articles, language, opened, last, is_known=record is not None or bool(waiting))

    def fragments(self, waiting: Sequence[Outgoing]) -> str:
        """Messages as pieces for a page that is open."""
        return _fragments(self._waiting(waiting))

    def fragment(self, outgoing: Outgoing) -> str:
        """One message as such a piece."""
        return self.fragments((outgoing,))

    def fragments_from_memory(self, said: Said | None) -> str:
        """What answers a press for everybody alike, as pieces of the page."""
        return _fragments(self._worked_out(self._from_memory(said)))

    def page_away(self, said: Said | None, link: Opened, wanted: Language | None) -> str:
        """The page while the store is away: why, numbers, the same form once more, and what can be told without it."""
        language = (said and language_of_press(self.script(), said.press)) or link.language or wanted
        messages = self._from_memory(said)
        opened = None
        if not messages and language is not None:
            messages = self._turn(Conversation(language=language), Wished(Wish.HOME))
        elif not messages:
            opened = Opened()
            messages = self._turn(NEW_CONVERSATION, opened)
        return self._page(self._worked_out(messages), language, opened, "", away=True, again=said)

    def _from_memory(self, said: Said | None) -> tuple[Message, ...]:
        if said is None or said.event is None:
            return ()
        return answer_from_memory(self.script(), said.event, self.clock.now())

    def _turn(self, conversation: Conversation, event: Event) -> tuple[Message, ...]:
        return take_turn(self.script(), conversation, event, self.clock.now()).messages

    def _waiting(self, waiting: Sequence[Outgoing]) -> list[Article]:
        return waiting_articles(waiting, self.script(), self.clock.now())

    def _worked_out(self, messages: Sequence[Message]) -> list[Article]:
        return worked_out_articles(messages, self.script(), self.clock.now())

    def _page(
        self,
        articles: Sequence[Article],
        language: Language | None,
        opened: Opened | None,
        seen: str,
        *,
        is_known: bool = False,
        away: bool = False,
        again: Said | None = None,
    ) -> str:
        script, now = self.script(), self.clock.now()
        fields = {"nonce": secrets.token_urlsafe(12), "seen": seen}
        if opened is not None:
            fields |= {"opening": "1", **link_fields(opened)}
        return render(
            "page.html",
            articles=settled(articles),
            language=language or SOURCE,
            is_chosen=language is not None,
            is_known=is_known,
            words=page_words(script, language or SOURCE, now, _WORDS),
            words_by_language={tongue: page_words(script, tongue, now, _SCRIPT_WORDS) for tongue in script.tongues},
            urgent=urgent_numbers(script, language or SOURCE, now),
            fields=fields,
            away=away,
            again=_fields_again(again) if again and again.event and again.nonce else {},
            stylesheet=self.assets.address("page.css"),
            program=self.assets.address("page.js"),
            icon=self.assets.address("icon.svg"),
        )


def _fragments(articles: Sequence[Article]) -> str:
    return "".join(render("article.html", article=article, fields={}) for article in articles)


def _fields_again(said: Said) -> dict[str, str]:
    """The fields of the same form once more; its nonce sees to it that it takes effect once."""
    fields = {"nonce": said.nonce, "press": said.press, "words": said.words, "at": said.tapped or ""}
    if said.opened is not None:
        fields |= {"opening": "1", **link_fields(said.opened)}
    return {name: value for name, value in fields.items() if value}


def _spoken(articles: Sequence[Article]) -> Language | None:
    spoken = [article.language for article in articles if article.language is not None]
    return spoken[-1] if spoken else None
