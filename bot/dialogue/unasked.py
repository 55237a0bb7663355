"""What a turn shows that the person did not ask for: all of it passes here, and only what they allowed goes on.

Whoever builds such a message has looked at what they allowed already. This is the lock behind it: a message of a kind
that nobody has thought of yet is refused, and counted.
"""

from collections.abc import Iterator, Sequence

from bot.desk.letters import CodeUnknown, TicketJoined
from bot.dialogue.contact import Way, way_to_tell, way_to_write
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Count, Effect, Send
from bot.dialogue.events import Elapsed, Event, LetterCame, Reported, Waited
from bot.dialogue.own_ticket import ALARMS
from bot.dialogue.person import Person
from bot.dialogue.veil import is_neutral, way_of

_ANSWERS = (TicketJoined, CodeUnknown)
"""Letters that answer the code somebody has just written."""


def is_unasked(event: Event) -> bool:
    """Whether the person did nothing to bring this about now."""
    if isinstance(event, LetterCame):
        return not isinstance(event.letter, _ANSWERS)
    return isinstance(event, Elapsed | Reported | Waited)


def let_out(effects: Sequence[Effect], event: Event, before: Conversation, person: Person) -> tuple[Effect, ...]:
    """The effects of a turn that nobody asked for, without what may not be shown now."""
    return tuple(_allowed(effects, event, before, person))


def _allowed(effects: Sequence[Effect], event: Event, before: Conversation, person: Person) -> Iterator[Effect]:
    was_hidden = before.calling is not None and before.calling.hidden
    is_hidden = was_hidden or (person.calling is not None and person.calling.hidden)
    write = way_to_write(person.profile, person.active, person.now, hidden=is_hidden)
    tell = way_to_tell(person.profile, person.active, person.now, hidden=is_hidden)
    if isinstance(event, Elapsed) and event.node not in ALARMS and write is not Way.HELD:
        # They asked to be reminded.
        tell = Way.SHOWN
    if isinstance(event, Waited):
        # An answer, or what was allowed when it was written.
        write = tell = way_of(event, before, person.now)
    for effect in effects:
        if not isinstance(effect, Send) or _may_go(effect, write, tell):
            yield effect
        else:
            yield Count("unasked_refused")


def _may_go(send: Send, write: Way, tell: Way) -> bool:
    if send.covers or (send.edits is not None and not send.ref):
        # It takes away and says nothing.
        return True
    if send.ref:
        return write is Way.SHOWN
    return tell is Way.SHOWN or (write is Way.VEILED and send.silent and is_neutral(send.message))
