"""Who still answers for what the archive makes live by itself, and where that is written down.

The archive knows neither who works here nor the list of who did what; both stand above it.
"""

from typing import Protocol

from bot.desk.ticket import StaffId
from bot.studio.changes import Change, Refusal


class Witness(Protocol):
    """Asked and told in the moment in which something goes live. Raises StoreError where that cannot be done."""

    async def may_review(self, member: StaffId) -> bool:
        """Whether an approval that they gave counts now."""
        ...

    async def may_publish(self, member: StaffId) -> bool:
        """Whether a moment that they set counts now."""
        ...

    async def went_live(self, change: Change, by: StaffId) -> None:
        """Write down that a change goes live at the moment that somebody had set: once, whichever replicas say so."""
        ...

    async def came_back(self, change: Change, by: StaffId, why: Refusal) -> None:
        """Write down that a change that was to go live does not: once, as above."""
        ...
