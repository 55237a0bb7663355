"""Reads a page as a person does: its messages, their words, and what can be pressed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from bot.dialogue.events import Wish
from bot.dialogue.presses import Answer, read_press

VOID = frozenset({"input", "meta", "link", "br", "img", "circle", "path"})


@dataclass
class SeenButton:
    press: str
    words: str = ""

    @property
    def means(self) -> str:
        """The value that a press answers with, or the wish that it is."""
        press = read_press(self.press)
        assert press is not None, self.press
        if isinstance(press.wants, Answer):
            return press.wants.value
        return press.wants.value if isinstance(press.wants, Wish) else type(press.wants).__name__.lower()


@dataclass
class SeenArticle:
    attributes: dict[str, str]
    words: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[SeenButton] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.attributes.get("id", "").removeprefix("m-")

    @property
    def is_menu(self) -> bool:
        return "data-menu" in self.attributes and bool(self.buttons)

    def button(self, means: str) -> SeenButton:
        return next(button for button in self.buttons if button.means == means)


@dataclass
class SeenPage:
    articles: list[SeenArticle] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    """Of the form to write in."""
    tags: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the names of tags; of the last one with that name."""

    @property
    def words(self) -> str:
        return "\n".join(article.words for article in self.articles)

    def article_with(self, means: str) -> SeenArticle:
        return next(article for article in self.articles if any(button.means == means for button in article.buttons))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = SeenPage()
        self._inside: list[str] = []
        self._forms: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.page.tags.append(tag)
        self.page.attributes[tag] = told
        self.page.addresses += [told[name] for name in ("href", "src", "action") if name in told]
        if tag not in VOID:
            self._inside.append(tag)
        if tag == "article":
            self.page.articles.append(SeenArticle(told))
        elif tag == "form":
            self._forms.append(told.get("id", ""))
        elif tag == "input" and self._forms:
            fields = self.page.fields if self._forms[-1] == "write" else self.page.articles[-1].fields
            fields[told.get("name", "")] = told.get("value", "")
        elif tag == "button" and told.get("name") == "press":
            self.page.articles[-1].buttons.append(SeenButton(told["value"]))
        elif tag == "a" and told.get("href", "").startswith("tel:") and "article" in self._inside:
            self.page.articles[-1].phones.append(told["href"].removeprefix("tel:"))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._inside.pop() == tag, "every tag is closed where it was opened"

    def handle_data(self, data: str) -> None:
        if "article" not in self._inside:
            return
        if "button" in self._inside:
            if self.page.articles[-1].buttons:
                self.page.articles[-1].buttons[-1].words += data.strip()
        else:
            self.page.articles[-1].words += data


def read_page(text: str) -> SeenPage:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page
