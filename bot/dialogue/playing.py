"""A conversation played without a store or a messenger: those that authors wrote down, and what an editor tries out.

What is due comes when the clock is moved, what is held waits to be looked at, and the helpline does as it is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from bot.desk.helplines import HelplineId
from bot.desk.letters import (
    Acknowledged,
    CodeUnknown,
    NobodyYet,
    ReferralNews,
    Referring,
    StaffWrote,
    TicketClosed,
    TicketJoined,
    ToPerson,
)
from bot.desk.ticket import CloseReason, ReferralState, Stage, TicketId
from bot.dialogue.conversation import NEW_CONVERSATION, Conversation
from bot.dialogue.effects import Hold, Hush, Send, Turn, Unveil, Wake
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Elapsed, Event, LetterCame, Reported
from bot.dialogue.fresh import Fresh
from bot.dialogue.script import Script
from bot.dialogue.secrets import CHEAP
from bot.messages import ConversationId, Language

SHOWN: Final = "shown"
"""What the messenger calls the message that the helpline wrote last."""

_FRESH: Final = Fresh(ConversationId("person"), lambda: TicketId("~rehearsed"), lambda _: "ABCDE-FGHJK", CHEAP)
_WORDS_OF_STAFF: Final = "We are here."
_OF_STAFF: Final = "staff"
_MOST_RINGS: Final = 20
"""So many reminders come in one stretch of time; content that sets them anew without an end stops there."""


class HelplineDoes(StrEnum):
    """What the helpline may do in a played conversation.

    To pass on is asked by the first helpline that takes calls, and meant for the last.
    """

    READS = "reads"
    WRITES = "writes"
    IS_SILENT = "is-silent"
    ASKS_TO_PASS_ON = "asks-to-pass-on"  # noqa: S105 - no password
    ACCEPTS = "accepts"
    DECLINES = "declines"
    CLOSES = "closes"
    FINDS_CODE = "finds-code"
    FINDS_NO_CODE = "finds-no-code"


@dataclass(slots=True)
class Play:
    """One person's conversation, and the moment it has come to."""

    script: Script
    now: datetime
    conversation: Conversation = NEW_CONVERSATION
    _due: dict[str, datetime] = field(default_factory=dict)
    _held: list[Send] = field(default_factory=list)

    def happen(self, event: Event) -> tuple[Turn, tuple[Send, ...]]:
        """Take one turn; and all that is shown by it, with what was held where that is looked at."""
        return self.follow(take_turn(self.script, self.conversation, event, self.now, _FRESH))

    def follow(self, turn: Turn) -> tuple[Turn, tuple[Send, ...]]:
        """Stand where a turn has led that was decided elsewhere; and all that is shown by it."""
        self._keep(turn)
        shown = tuple(effect for effect in turn.effects if isinstance(effect, Send))
        is_of_staff = any(send.ref for send in shown)
        if any(isinstance(effect, Unveil) for effect in turn.effects):
            shown, self._held, is_of_staff = (*self._held, *shown), [], True
        if is_of_staff:
            # What staff wrote is on the screen now, and the person's side learns of it.
            self._keep(take_turn(self.script, self.conversation, Reported(_OF_STAFF, SHOWN), self.now, _FRESH))
        return turn, shown

    def wait(self, passed: timedelta) -> Iterator[tuple[Turn, tuple[Send, ...]]]:
        """Let time go by; every turn of what becomes due on the way."""
        self.now += passed
        for _ in range(_MOST_RINGS):
            node = min(
                (one for one, due in self._due.items() if due <= self.now), key=self._due.__getitem__, default=None
            )
            if node is None:
                return
            del self._due[node]
            yield self.happen(Elapsed(node))

    def help(self, what: HelplineDoes) -> tuple[Turn, tuple[Send, ...]]:
        """Let the helpline do something."""
        return self.happen(LetterCame(self._letter(what)))

    def _keep(self, turn: Turn) -> None:
        self.conversation = turn.conversation or NEW_CONVERSATION
        for effect in turn.effects:
            match effect:
                case Wake(node, after):
                    self._due[node] = self.now + after
                case Hush(nodes):
                    self._due = {node: due for node, due in self._due.items() if node not in nodes}
                case Hold(message) if message is not None:
                    self._held.append(Send(message, ref=effect.ref))
                case _:
                    pass

    def _letter(self, what: HelplineDoes) -> ToPerson:
        """What the helpline's doing comes to on the person's side."""
        desks = tuple(self.script.desks.open_tickets) or (HelplineId(""),)
        first, last = desks[0], desks[-1]
        match what:
            case HelplineDoes.WRITES:
                return StaffWrote(_WORDS_OF_STAFF, self.conversation.language or Language("en"), ref=_OF_STAFF)
            case HelplineDoes.READS:
                return Acknowledged(self.now)
            case HelplineDoes.IS_SILENT:
                return NobodyYet(self.now)
            case HelplineDoes.ASKS_TO_PASS_ON:
                return Referring(last)
            case HelplineDoes.ACCEPTS:
                return ReferralNews(last, ReferralState.ACCEPTED, holds=last)
            case HelplineDoes.DECLINES:
                return ReferralNews(last, ReferralState.DECLINED, holds=first)
            case HelplineDoes.CLOSES:
                return TicketClosed(CloseReason.HELPED, self.now)
            case HelplineDoes.FINDS_CODE:
                return TicketJoined(_FRESH.ticket(), first, self.now, Stage.TALKING)
            case HelplineDoes.FINDS_NO_CODE:
                return CodeUnknown()
            case _:
                assert_never(what)
