"""A draft as it is on somebody's phone: played through the real engine, as whoever and whenever an editor likes.

Nothing is kept between two looks but what the editor did. The whole conversation is played anew each time, which takes
milliseconds: so a changed word stands there at once, and the same way can be walked as somebody else, in another
language or in the middle of the night. What was done is no more than what the page's own buttons could say; it needs
neither a place in the store nor a seal.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never

import msgspec

from bot.desk.helplines import Desks
from bot.desk.letters import Original
from bot.desk.ticket import Urgency
from bot.dialogue import Conversation, Frame
from bot.dialogue.effects import Count, Delete, OpenTicket, Send, Turn, Wake
from bot.dialogue.events import Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.own_ticket import ALARMS
from bot.dialogue.person import Person
from bot.dialogue.playing import SHOWN, HelplineDoes, Play
from bot.dialogue.script import Script
from bot.dialogue.steps import Ask, Checklist, Choose, FlowId, ListTopics, ScreenId, ToScreen
from bot.dialogue.walking import Walk
from bot.messages import Button, Language, Message
from bot.studio.marking import Marked, Piece

MOST_ACTS: Final = 60
"""After so many the editor begins anew: nobody reads further, and all of them are played for each look."""

LONGEST_WORDS: Final = 300
LONGEST_WAIT: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Guise:
    """Who the editor looks on as, and when. Where `helplines` answer, all that the content declares can take cases."""

    moment: datetime
    language: Language | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    helplines: bool = True


@dataclass(frozen=True, slots=True)
class Begin:
    """Where the conversation begins: at the front door, at a flow (a topic is one, too), or at a screen of it."""

    flow: FlowId | None = None
    screen: ScreenId | None = None


Act: TypeAlias = Typed | Pressed | Shared | Wished | timedelta | HelplineDoes
"""What the editor does; a span lets so much time go by."""


@dataclass(frozen=True, slots=True)
class Key:
    """A button, the text on it, and whether it answers or leads out."""

    button: Button
    source: str


@dataclass(frozen=True, slots=True)
class Theirs:
    """A message of the bot as it stands on the phone: its words by where they came from, and its buttons."""

    name: str
    message: Message
    pieces: tuple[Piece, ...]
    rows: tuple[tuple[Key, ...], ...]

    @property
    def is_menu(self) -> bool:
        """Whether it takes over from the menus before it."""
        return bool(self.rows) and not self.message.keep


@dataclass(frozen=True, slots=True)
class Own:
    """What the person did and can see of it."""

    name: str
    act: Typed | Shared | timedelta


Line: TypeAlias = Theirs | Own


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the person ended up."""

    flow: FlowId
    screen: ScreenId


@dataclass(frozen=True, slots=True)
class Called:
    """A helpline got a case."""

    helpline: str
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class WillWake:
    """The bot would write by itself after this time."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Heard:
    """How typed words were taken: as a question that has an answer, that might be one of several, or none."""

    mode: str


Aside: TypeAlias = Called | WillWake | Heard
"""What happened in the last turn and cannot be seen on the phone."""


@dataclass(frozen=True, slots=True)
class Played:
    """The phone after all that was done."""

    lines: tuple[Line, ...]
    stand: Stand | None
    language: Language | None
    profile: Mapping[str, str]
    moment: datetime
    asides: tuple[Aside, ...]
    is_over: bool = False
    """Whether so much was done that it is time to begin anew."""


def play(marked: Marked, guise: Guise, begin: Begin, acts: tuple[Act, ...]) -> Played:
    """Play everything that was done from the beginning."""
    script = marked.script
    if guise.helplines:
        script = replace(script, desks=Desks(dict.fromkeys(script.helplines.all, 0)))
    phone = _Phone(marked)
    player = Play(script, guise.moment, Conversation(guise.language, guise.profile))
    turn = phone.see(_begin(player, script, begin))
    for number, act in enumerate(acts[:MOST_ACTS]):
        turn = phone.act(player, act, number) or turn
    conversation = player.conversation
    return Played(
        phone.lines(),
        _stand(script, conversation),
        conversation.language,
        Person(script, conversation, player.now).profile,
        player.now,
        tuple(_asides(turn)),
        is_over=len(acts) >= MOST_ACTS,
    )


def write_acts(acts: Iterable[Act]) -> str:
    """What was done so far, for a page to bring back."""
    return _JSON.encode([_written(act) for act in acts]).decode()


def read_acts(written: str) -> tuple[Act, ...]:
    """What was done so far; whatever is no act of ours was not done."""
    try:
        told = _ACTS.decode(written)
    except msgspec.DecodeError:
        return ()
    acts: list[Act] = []
    for kind, what, name in told[:MOST_ACTS]:
        act = _read(kind, what, name, len(acts))
        if act is not None:
            acts.append(act)
    return tuple(acts)


def sent(kind: SharedKind, number: int) -> Shared:
    """Something besides words, as the act of this number; in a talk it is passed on like anybody's."""
    return Shared(kind, original=Original("studio", "", own_name(number)))


def own_name(number: int) -> str:
    """What the messenger calls the message that the act of this number wrote."""
    return f"own-{number}"


def _written(act: Act) -> tuple[str, str, str]:
    match act:
        case Typed(words):
            return "t", words, ""
        case Pressed(press, message):
            return "p", press, message
        case Shared(kind):
            return "s", kind, ""
        case Wished(wish):
            return "w", wish, ""
        case timedelta():
            return "l", str(int(act.total_seconds())), ""
        case HelplineDoes():
            return "h", act, ""
        case _:
            assert_never(act)


def _read(kind: str, what: str, name: str, number: int) -> Act | None:
    match kind:
        case "t" if what.strip():
            return Typed(what[:LONGEST_WORDS], own_name(number))
        case "p" if what:
            return Pressed(what, name)
        case "s" if what in SharedKind.__members__.values():
            return sent(SharedKind(what), number)
        case "w" if what in Wish.__members__.values():
            return Wished(Wish(what))
        case "l" if what.isascii() and what.isdigit() and len(what) < 10:
            return min(timedelta(seconds=int(what)), LONGEST_WAIT)
        case "h" if what in HelplineDoes.__members__.values():
            return HelplineDoes(what)
        case _:
            return None


def _begin(player: Play, script: Script, begin: Begin) -> "_Came":
    flow = script.flows.get(begin.flow) if begin.flow is not None else None
    screens = () if flow is None else flow.screens.values()
    wait = next((step for screen in screens for step in screen.steps if isinstance(step, _WAITS)), None)
    if flow is None or wait is None or player.conversation.language is None:
        # Whoever has no language yet chooses one first, and is led on from there.
        return player.happen(Opened(flow=None if flow is None else flow.id))
    screen = begin.screen if begin.screen in flow.screens else flow.start
    # A way leads from a wait: any wait of the flow does, since nothing of it is told.
    frame = Frame(wait.node)
    walk = Walk(script, replace(player.conversation, frames=(frame,)), player.now)
    walk.go(ToScreen(screen or flow.start), frame)
    return player.follow(walk.turn())


def _stand(script: Script, conversation: Conversation) -> Stand | None:
    spot = script.spots.get(conversation.frames[-1].node) if conversation.frames else None
    return Stand(spot.flow, spot.screen) if spot else None


def _asides(turn: Turn) -> Iterator[Aside]:
    for effect in turn.effects:
        match effect:
            case OpenTicket(ticket):
                yield Called(ticket.helpline, ticket.urgency)
            case Wake(node, after) if node not in ALARMS:
                yield WillWake(after)
            case Count(what) if what.startswith(_MATCH):
                yield Heard(what.removeprefix(_MATCH))
            case _:
                pass


_Came: TypeAlias = tuple[Turn, tuple[Send, ...]]


class _Phone:
    """What stands on the screen, as every door leaves it: menus replace each other, and a cover takes all away."""

    def __init__(self, marked: Marked) -> None:
        self._marked = marked
        self._lines: list[Line] = []
        self._count = 0

    def act(self, player: Play, act: Act, number: int) -> Turn | None:
        """Let the editor do something; the last turn that it led to."""
        match act:
            case Typed() | Shared():
                self._lines.append(Own(own_name(number), act))
                return self.see(player.happen(act))
            case Pressed():
                return self.see(player.happen(act), act.message)
            case Wished():
                return self.see(player.happen(act))
            case timedelta():
                self._lines.append(Own(own_name(number), act))
                turn = None
                for came in player.wait(act):
                    turn = self.see(came)
                return turn
            case HelplineDoes():
                return self.see(player.help(act))
            case _:
                assert_never(act)

    def see(self, came: "_Came", tapped: str = "") -> Turn:
        """Put on the screen what a turn shows, in answer to a button of the message that was tapped."""
        turn, sends = came
        gone = {message for effect in turn.effects if isinstance(effect, Delete) for message in effect.messages}
        self._lines = [line for line in self._lines if line.name not in gone]
        for send in sends:
            self._put(send, tapped)
        return turn

    def lines(self) -> tuple[Line, ...]:
        """The screen from top to bottom; only the last menu can still be answered."""
        menus = [place for place, line in enumerate(self._lines) if isinstance(line, Theirs) and line.is_menu]
        return tuple(
            replace(line, rows=()) if isinstance(line, Theirs) and place in menus[:-1] else line
            for place, line in enumerate(self._lines)
        )

    def _put(self, send: Send, tapped: str) -> None:
        if send.covers:
            self._lines.clear()
        self._count += 1
        line = self._theirs(SHOWN if send.ref else str(self._count), send.message)
        old = send.edits or (tapped if send.replaces else "")
        place = next((place for place, one in enumerate(self._lines) if one.name == old), None)
        if place is None:
            self._lines.append(line)
        else:
            self._lines[place] = line

    def _theirs(self, name: str, message: Message) -> Theirs:
        pieces = self._marked.pieces(message.text)
        rows = tuple(tuple(Key(*self._marked.button(button)) for button in row) for row in message.rows)
        clean = replace(
            message,
            text=tuple(piece.span for piece in pieces),
            rows=tuple(tuple(key.button for key in row) for row in rows),
        )
        return Theirs(name, clean, pieces, rows)


_WAITS: Final = (Choose, Ask, ListTopics, Checklist)
_MATCH: Final = "match_"
_JSON: Final = msgspec.json.Encoder()
_ACTS: Final = msgspec.json.Decoder(list[tuple[str, str, str]])
