"""What was on its way to somebody who left by the quick exit: words of staff wait until they return, the rest goes."""

from collections.abc import Iterable
from dataclasses import replace

from bot.desk.letters import Showed
from bot.dialogue.effects import Effect, Hold, Turn, WriteTo
from bot.store.contract import Outgoing


def hold_again(turn: Turn, waiting: Iterable[Outgoing]) -> Turn:
    """The same turn, and what waited to be sent of staff's is held once more, even if it may have been seen."""
    conversation = turn.conversation
    calling = None if conversation is None else conversation.calling
    if conversation is None or calling is None:
        return turn
    staffs = [outgoing for outgoing in waiting if outgoing.ref]
    effects: list[Effect] = [*turn.effects]
    for outgoing in staffs:
        effects += (
            Hold(outgoing.message, outgoing.ref, outgoing.copies),
            WriteTo(calling.ticket, Showed(outgoing.ref, opened=False)),
        )
    calling = replace(calling, held=calling.held + len(staffs))
    return Turn(replace(conversation, calling=calling), tuple(effects))
