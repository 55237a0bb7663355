"""Conversations that authors wrote down, walked through the engine: they must come out as written, in every language.

Buttons are named by what they stand for, not by their words, so that one conversation serves all languages.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.compiler.draft import ENGLISH
from bot.compiler.folder import Folder, folder_of
from bot.compiler.forms import TESTS_FILE, read_moment
from bot.compiler.leaves import (
    at,
    duration_at,
    entries_at,
    is_yes,
    many_at,
    maps_of,
    text_at,
    texts_at,
    texts_of,
    whole_at,
    words_at,
)
from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import ListNode, MapNode, Node, TextNode
from bot.compiler.shapes import inspect
from bot.compiler.shaping_conditions import UNKNOWN
from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import PersonUrged
from bot.desk.ticket import Urgency
from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.effects import OpenTicket, Send, Turn, WriteTo
from bot.dialogue.events import Event, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.menu import DONE
from bot.dialogue.phrasebook import TextId
from bot.dialogue.playing import HelplineDoes, Play
from bot.dialogue.presses import Answer, LookIn, Open, read_press
from bot.dialogue.script import Script
from bot.dialogue.steps import Choose, Option
from bot.facts import Availability, Caller, Hotline
from bot.messages import Button, Language, Message, words_of

NOON: Final = datetime(2026, 4, 14, 12, 0, tzinfo=ZoneInfo("Asia/Bangkok"))
"""When a conversation happens that does not say."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One conversation as it was written down."""

    name: str
    place: Place
    language: Language | None
    profile: Mapping[str, str]
    moment: datetime
    lines: tuple[MapNode, ...]
    every_language: bool
    desks: tuple[TextNode, ...] = ()


def rehearse_all(script: Script, directory: Path | Folder, notebook: Notebook) -> int:
    """Walk through all conversations of a folder of content, write down what comes out otherwise, and count them."""
    folder = folder_of(directory)
    count = 0
    for name in folder.names(".yaml"):
        if name.partition("/")[0] != "tests" or name.count("/") > 1:
            continue
        node = folder.read(name, notebook)
        if node is None:
            continue
        for rehearsal in read_rehearsals(node, notebook):
            staffed = _with_desks(script, rehearsal.desks, notebook)
            languages = tuple(script.tongues) if rehearsal.every_language else (rehearsal.language,)
            for language in languages:
                count += 1
                _Stage(staffed, replace(rehearsal, language=language), notebook).play()
    return count


def read_rehearsals(node: Node, notebook: Notebook) -> Iterator[Rehearsal]:
    """The conversations of one file; none where some are not written as they must be."""
    found = Notebook()
    inspect(node, TESTS_FILE, found)
    if found.problems():
        notebook.take(found)
        return
    for entry in maps_of(node) if isinstance(node, ListNode) else maps_of(ListNode(node.place, (node,))):
        told = {key.words: value.words for key, value in entries_at(entry, "as") if isinstance(value, TextNode)}
        language = told.pop("language", None)
        yield Rehearsal(
            name=words_at(entry, "test"),
            place=entry.place,
            language=Language(language) if language else None,
            profile=told,
            moment=read_moment(words_at(entry, "at")) or NOON,
            lines=maps_of(at(entry, "talk")),
            every_language=is_yes(entry, "every_language"),
            desks=texts_at(entry, "desk"),
        )


def _with_desks(script: Script, desks: Iterable[TextNode], notebook: Notebook) -> Script:
    """The script with these helplines staffed; one that is not declared is written down."""
    declared = script.helplines.all
    for name in desks:
        if name.words not in declared:
            notebook.unknown(name.place, "helpline", name.words, declared)
    staffed = [HelplineId(name.words) for name in desks]
    return replace(script, desks=Desks({helpline: 0 for helpline in staffed if helpline in declared}))


@dataclass(slots=True)
class _Stage:
    """One conversation while it is walked through."""

    script: Script
    rehearsal: Rehearsal
    notebook: Notebook
    turn: Turn = field(default_factory=lambda: Turn(NEW_CONVERSATION))
    buttons: tuple[Button, ...] = ()
    shown: tuple[Message, ...] = ()
    _play: Play = field(init=False)

    def __post_init__(self) -> None:
        told = Conversation(self.rehearsal.language, self.rehearsal.profile)
        self._play = Play(self.script, self.rehearsal.moment, told)

    @property
    def conversation(self) -> Conversation:
        return self._play.conversation

    @property
    def now(self) -> datetime:
        return self._play.now

    def play(self) -> None:
        """Take every line; stop where a button is missing, since all after it would only confuse."""
        for line in self.rehearsal.lines:
            expected = at(line, "bot")
            if expected is not None:
                self._compare(expected)
            elif not self._act(line):
                return

    def _act(self, line: MapNode) -> bool:
        """What the person does in a line; False where it cannot be done."""
        if (flow := text_at(line, "open")) is not None:
            # The welcome is the front door itself, not a link to somewhere behind it.
            at_the_door = flow.words == self.script.special.welcome
            self._happen(Opened(flow=None if at_the_door else flow.words))
        elif (words := text_at(line, "me")) is not None:
            self._happen(Typed(words.words))
        elif (name := text_at(line, "tap")) is not None:
            return self._tap(name)
        elif wish := words_at(line, "wish"):
            self._happen(Wished(Wish(wish)))
        elif kind := words_at(line, "send"):
            self._happen(Shared(SharedKind(kind)))
        elif text_at(line, "later") is not None:
            for came in self._play.wait(duration_at(line, "later")):
                self._see(*came)
        elif what := words_at(line, "helpline"):
            self._see(*self._play.help(HelplineDoes(what)))
        return True

    def _happen(self, event: Event) -> None:
        self._see(*self._play.happen(event))

    def _see(self, turn: Turn, sends: tuple[Send, ...]) -> None:
        self.turn, self.shown = turn, tuple(send.message for send in sends)
        shown = tuple(button for message in self.shown for row in message.rows for button in row)
        # Words without buttons leave the last menu where it is.
        self.buttons = shown or self.buttons

    def _tap(self, name: TextNode) -> bool:
        found = next((button for button in self.buttons if name.words in self._names(button)), None)
        if found is None:
            self._fail(name.place, f"there is no button '{name.words}', but {self._offered()}")
            return False
        self._happen(Pressed(found.press))
        return True

    def _names(self, button: Button) -> frozenset[str]:
        """What a button is called in conversations: its value, its phrase, its topic, or its way out."""
        press = read_press(button.press)
        match press.wants if press else None:
            case Answer(node, value):
                spot = self.script.spots.get(node)
                step = self.script.flows[spot.flow].screens[spot.screen].steps[spot.index] if spot else None
                options = step.options if isinstance(step, Choose) else ()
                also = [name for option in options if option.value == value for name in _also(option)]
                return frozenset({value, *also, *(["done"] if value == DONE else [])})
            case Open(beginning):
                flow = self.script.beginnings.get(beginning, "")
                return frozenset({flow, flow.removeprefix("topic.")})
            case Wish() as wish:
                return frozenset({wish.value})
            case LookIn():
                return frozenset({"look"})
            case _:
                return frozenset()

    def _offered(self) -> str:
        return (
            ", ".join(sorted({min(names, key=len) for each in self.buttons if (names := self._names(each))})) or "none"
        )

    # What must have happened

    def _compare(self, expected: Node) -> None:
        flow, screen = self._standing()
        self._same(text_at(expected, "topic"), flow.removeprefix("topic."), "the person stands at")
        self._same(text_at(expected, "flow"), flow, "the person stands in")
        self._same(text_at(expected, "screen"), f"{flow}.{screen}", "the person stands at")
        self._same(text_at(expected, "language"), self.conversation.language or UNKNOWN, "the language is")
        for name, value in entries_at(expected, "profile"):
            known = self.conversation.profile.get(name.words, UNKNOWN)
            self._same(value if isinstance(value, TextNode) else None, known, f"{name.words} is")
        offered = frozenset[str]().union(*(self._names(button) for button in self.buttons))
        for name in texts_at(expected, "offers"):
            if name.words not in offered:
                self._fail(name.place, f"'{name.words}' is not offered, but {self._offered()}")
        for words in texts_at(expected, "says"):
            self._compare_words(words)
        hotlines = at(expected, "hotlines")
        if hotlines is not None:
            self._compare_hotlines(hotlines)
        covered = text_at(expected, "covered")
        if covered is not None:
            covers = any(effect.covers for effect in self.turn.effects if isinstance(effect, Send))
            if covers != is_yes(expected, "covered"):
                self._fail(covered.place, "the screen is covered" if covers else "the screen is not covered")
        calling = self.conversation.calling
        self._same(text_at(expected, "calls"), self._called(), "a helpline is called:")
        self._same(text_at(expected, "ticket"), calling.stage if calling else "none", "the ticket is")
        self._same(text_at(expected, "held"), str(calling.held if calling else 0), "what waits is counted")

    def _called(self) -> str:
        """How urgently a helpline was called in this turn."""
        for effect in self.turn.effects:
            match effect:
                case OpenTicket(ticket):
                    return ticket.urgency
                case WriteTo(_, PersonUrged()):
                    return Urgency.EMERGENCY
                case _:
                    pass
        return "no"

    def _standing(self) -> tuple[str, str]:
        frames = self.conversation.frames
        spot = self.script.spots.get(frames[-1].node) if frames else None
        return (spot.flow, spot.screen) if spot else ("nowhere", "nowhere")

    def _same(self, expected: TextNode | None, found: str, what: str) -> None:
        if expected is not None and expected.words != found:
            self._fail(expected.place, f"{what} {found}, not {expected.words}")

    def _compare_words(self, words: TextNode) -> None:
        shown = "\n".join(words_of(message.text) for message in self.shown)
        text_id = TextId(words.words)
        speaking = next((message.language for message in self.shown if message.language), ENGLISH)
        if text_id in self.script.phrasebook:
            phrase, _ = self.script.phrasebook.find(text_id, speaking)
            if not all(part in shown for part in phrase if isinstance(part, str)):
                self._fail(words.place, f"the text '{text_id}' is not shown")
        elif _can_be_said_in(speaking, words.words) and words.words.casefold() not in shown.casefold():
            self._fail(words.place, f"'{words.words}' is not said")

    def _compare_hotlines(self, expected: Node) -> None:
        shown: dict[str, Hotline] = {hotline.id: hotline for hotline in self._shown_hotlines()}
        listed = texts_of(expected) if isinstance(expected, ListNode) else texts_at(expected, "includes")
        picked_up = texts_at(expected, "open")
        for name in (*listed, *picked_up):
            if name.words not in shown:
                self._fail(name.place, f"the hotline '{name.words}' is not shown, but {_listed(shown)}")
        for name in picked_up:
            self._compare_open(name.place, shown.get(name.words))
        for name in texts_at(expected, "excludes"):
            if name.words in shown:
                self._fail(name.place, f"the hotline '{name.words}' is shown")
        if len(shown) < whole_at(expected, "at_least", 0 if many_at(expected, "excludes") else 1):
            self._fail(expected.place, f"too few hotlines are shown: {_listed(shown)}")
        each = at(expected, "each")
        if each is not None and is_yes(each, "open"):
            for hotline in shown.values():
                self._compare_open(each.place, hotline)

    def _compare_open(self, place: Place, hotline: Hotline | None) -> None:
        if hotline is not None and not self._is_open(hotline):
            self._fail(place, f"nobody is known to pick up at the hotline '{hotline.id}' now")

    def _shown_hotlines(self) -> Iterator[Hotline]:
        dials = {span.dial for message in self.shown for span in message.text if span.dial}
        words = "\n".join(words_of(message.text) for message in self.shown)
        for hotline in self.script.directory:
            numbers = {number.e164 or number.dial for number in hotline.numbers} | {
                number.dial for number in hotline.numbers
            }
            name, _ = self.script.phrasebook.find(
                TextId(f"hotline.{hotline.id}.name"), self.conversation.language or ENGLISH
            )
            if numbers & dials and "".join(part for part in name if isinstance(part, str)) in words:
                yield hotline

    def _is_open(self, hotline: Hotline) -> bool:
        callers = [Caller(None, here, ENGLISH) for here in self.script.profile.get("here", ())]
        listings = [self.script.directory.list_one(hotline.id, caller, self.now) for caller in callers]
        return any(listing is not None and listing.availability is Availability.OPEN for listing in listings)

    def _fail(self, place: Place, words: str) -> None:
        language = self.conversation.language or self.rehearsal.language or "no language"
        self.notebook.error(place, f"'{self.rehearsal.name}' ({language}): {words}")


def _also(option: Option) -> Iterator[str]:
    if option.label.startswith("phrase."):
        yield option.label.removeprefix("phrase.")
    if option.opens is not None:
        yield option.opens.removeprefix("topic.")


def _can_be_said_in(language: Language, words: str) -> bool:
    """Words are written down in English; a figure is the same everywhere."""
    return language == ENGLISH or not any(character.isalpha() for character in words)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
