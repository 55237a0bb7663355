"""The fields of the forms: what the page shows and what comes back from the browser are the same, for all content."""

from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from multidict import MultiDict, MultiDictProxy

from bot.compiler.round_trip import Document
from bot.dialogue.script import Script
from bot.messages import Language
from bot.studio.catalogue import Cataloguer
from bot.studio.forms import Applied, FlowForm, apply_form, ids_in, read_form
from bot.studio.kinds import Kind, kind_in
from bot.studio.tree import read_tree
from handlers.web.console.wording import ConsoleWords
from handlers.web.studio.editing import Thing, form_of
from handlers.web.studio.offers import offers
from handlers.web.studio.showing import StudioWords, _environment
from tests.builders import NOW
from tests.web.studio.studio_house import CONTENT

TEMPLATE = "{% import 'forms.html' as forms with context %}{{ forms[kind](form) }}"


class Sent(HTMLParser):
    """What a browser sends of a form that nobody touched."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._name = ""
        self._text = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        name = told.get("name", "")
        if tag == "input" and name and (told.get("type") not in ("checkbox", "radio") or "checked" in told):
            self.fields.append((name, told.get("value", "on")))
        elif tag in ("textarea", "select"):
            self._name, self._text, self._options = name, "", []
        elif tag == "option" and self._name:
            self._options.append((told.get("value", ""), "selected" in told))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser leaves the first line end out, and sends the others as it likes.
            self.fields.append((self._name, self._text.removeprefix("\n").replace("\n", "\r\n")))
            self._name = ""
        elif tag == "select":
            chosen = [value for value, is_chosen in self._options if is_chosen]
            self.fields.append(
                (self._name, (chosen or [value for value, _ in self._options] or [""])[-1 if chosen else 0])
            )
            self._name = ""


@pytest.fixture(scope="module")
def offered(page_script: Script) -> Mapping[str, tuple[str, ...]]:
    return offers(page_script, Cataloguer().catalogue(read_tree(CONTENT).tree, CONTENT))


FILES = sorted(
    name
    for name in read_tree(CONTENT).tree.files
    if kind_in(name) not in (None, Kind.PLACE) and name != "hotlines/international.yaml"
)
"""That one is empty."""


@pytest.mark.parametrize("file", FILES)
def test_what_nobody_touched_comes_back_as_it_was(
    file: str, page_script: Script, offered: Mapping[str, tuple[str, ...]]
) -> None:
    document = Document((CONTENT / file).read_bytes())
    kind = kind_in(file)
    assert kind is not None
    template = _environment().from_string(TEMPLATE)
    words = StudioWords(ConsoleWords(page_script, Language("en"), NOW, "Asia/Bangkok"))
    seen = 0
    for one in (kind, Kind.SCREEN) if kind is Kind.FLOW else (kind,):
        entries = ids_in(one, document)
        # A dozen of each file say as much as all, in a tenth of the time.
        for entry in entries[:: len(entries) // 12 + 1]:
            form = read_form(one, document, entry)
            assert form is not None
            page = Sent()
            page.feed(template.render(kind=one, form=form, words=words, wrong={}, offers=offered, opened=None))
            thing = Thing(one, entry)
            back = form_of(thing, MultiDictProxy(MultiDict(page.fields)))
            if isinstance(form, FlowForm):
                # Its screens are no fields.
                form = replace(form, screens=())
            assert back == form, entry
            if not seen:
                applied = apply_form(document, form)
                assert isinstance(applied, Applied)
                assert applied.document.source == document.source
            seen += 1
    assert seen
