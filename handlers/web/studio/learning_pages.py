"""What people asked in vain, and a topic made of it: nothing here says who asked."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from bot.compiler.draft import ENGLISH
from bot.compiler.forms import STAGES
from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document, EditError
from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.messages import Language
from bot.store.contract import WONDER_LIFE, WONDER_PEOPLE
from bot.studio.changes import Change, Edit, EditAll, Refusal
from bot.studio.kinds import Kind
from bot.studio.learning import matters
from bot.studio.traffic import FEWEST, SHOWN_DAYS
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.pages import page
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.studio import HOME, Studio, Tab, go

LEARN: Final = f"{HOME}/learn"
_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
MOST_QUESTIONS: Final = 20


class LearningPages:
    """Questions without an answer."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Guarded("GET", LEARN, Right.SEE_STUDIO, self.show),
            Guarded("POST", f"{LEARN}/topic", Right.EDIT_CONTENT, self.write_topic),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        office = studio.office
        script = office.script()
        look = await studio.present()
        asked = await office.store.wonders(office.clock.now())
        traffic = await studio.traffic.read()
        return page(
            studio.pages.page(
                "learn.html",
                studio.around(caller, Tab.LEARN, request),
                path_of=lambda topic: edit_address(
                    look, f"topics/{script.topics[topic].stage}.yaml", Kind.TOPIC, topic
                ),
                matters=matters(asked, script.understanding, {str(topic): topic for topic in script.topics}),
                people_needed=WONDER_PEOPLE,
                days_kept=WONDER_LIFE.days,
                topical=[
                    one for one in traffic.topical([script.special.person]) if one.asked and one.topic in script.topics
                ],
                days_counted=SHOWN_DAYS,
                fewest=FEWEST,
                stages=STAGES,
            )
        )

    async def write_topic(self, _request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio, member = self._studio, caller.member
        title, topic, stage = field(form, "title").strip(), field(form, "id").strip(), field(form, "stage")
        if not title or not _ID.fullmatch(topic) or stage not in STAGES:
            return go(LEARN, failed="topic-fields")
        if any(topic == known for known in studio.office.script().topics):
            return go(LEARN, failed="topic-there")
        change = await studio.archive.begin(title, member.id)
        if isinstance(change, Refusal):
            return go(LEARN, failed=f"refused-{change}")
        written = await self._write(change, caller, topic, title, stage, _questions(form))
        if isinstance(written, Refusal):
            return go(LEARN, failed=f"refused-{written}")
        path = edit_address(studio.look_at(written), f"topics/{stage}.yaml", Kind.TOPIC, topic)
        return go(path, done="topic-begun")

    async def _write(
        self,
        change: Change,
        caller: Caller,
        topic: str,
        title: str,
        stage: str,
        questions: Mapping[Language, Sequence[str]],
    ) -> Change | Refusal:
        """The topic with its questions: English ones stand with it, others with the texts of their language."""
        studio = self._studio
        archive, files = studio.archive, change.tree.files
        today = studio.today()
        wanted: dict[str, Plain] = {
            "topic": topic,
            "title": title,
            "ask": list(questions.get(ENGLISH, ())) or [title],
            "answer": [
                {
                    "text": title,
                    "checked": today.isoformat(),
                    "review_by": today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat(),
                }
            ],
        }
        edited: dict[str, Document] = {}
        try:
            name = f"topics/{stage}.yaml"
            there = await archive.read(change.tree, name) if name in files else b""
            edited[name] = Document(there).append((), wanted) if there else Document(b"[]\n").put((), [wanted])
            for language, asked in questions.items():
                name = f"texts/{language}/topics/{stage}.yaml"
                if language != ENGLISH and name in files:
                    document = Document(await archive.read(change.tree, name))
                    path = ("ask", topic) if document.at(("ask",)) is not None else ("ask",)
                    edited[name] = document.put(path, list(asked) if len(path) > 1 else {topic: list(asked)})
        except EditError:
            return Refusal.BAD_NAME
        edits = [Edit(name, await archive.put(document.source), files.get(name)) for name, document in edited.items()]
        note = studio.noting(caller, Deed.CONTENT_EDITED, change.id, topic)
        return await archive.act(change.id, caller.member.id, EditAll(tuple(edits)), note)


def _questions(form: Mapping[str, str]) -> Mapping[Language, Sequence[str]]:
    """The questions that come with the form, by language; each is told as its language and its words."""
    found: dict[Language, list[str]] = {}
    for number in range(1, MOST_QUESTIONS + 1):
        language, _, words = field(form, f"question:{number}").partition(" ")
        if words:
            found.setdefault(Language(language), []).append(words)
    return found
