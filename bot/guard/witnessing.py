"""Looks for the archive into the roster and the list of who did what, in the moment in which content goes live."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.clock import Clock
from bot.desk.staff import Roster
from bot.desk.ticket import StaffId
from bot.guard.audit import Chronicle, Deed
from bot.guard.rights import Right, may
from bot.studio.changes import Change, Refusal


@dataclass(frozen=True, slots=True)
class ContentWitness:
    """`roster` is read anew each time: nobody's word counts longer than their rights."""

    roster: Callable[[], Awaitable[Roster]]
    chronicle: Chronicle
    clock: Clock

    async def may_review(self, member: StaffId) -> bool:
        """Whether an approval that they gave counts now."""
        return await self._may(member, Right.REVIEW_CONTENT)

    async def may_publish(self, member: StaffId) -> bool:
        """Whether a moment that they set counts now."""
        return await self._may(member, Right.PUBLISH_CONTENT)

    async def went_live(self, change: Change, by: StaffId) -> None:
        """Write down that a change goes live at its moment, once."""
        why = f"{change.title} ({_moment(change)})"
        await self.chronicle.note_once(self.clock.now(), by, Deed.CONTENT_PUBLISHED, change.id, why)

    async def came_back(self, change: Change, by: StaffId, why: Refusal) -> None:
        """Write down that a change that was to go live does not, once."""
        told = f"{why} ({_moment(change)})"
        await self.chronicle.note_once(self.clock.now(), by, Deed.CONTENT_SENT_BACK, change.id, told)

    async def _may(self, member: StaffId, right: Right) -> bool:
        found = (await self.roster()).members.get(member)
        return found is not None and may(found, right)


def _moment(change: Change) -> str:
    """Which of its moments it was: a change may be approved and set anew."""
    at = change.scheduled_at or change.approved_at
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
