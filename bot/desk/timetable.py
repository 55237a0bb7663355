"""When a ticket has to be looked at next: whoever waits must never be waited for by nobody.

Alerts go out at once, after 1, 3, 6 and 10 minutes, and then every ten minutes for as long as it takes. Moments are
counted from when the call began, so that delays do not add up and what was missed is made up for by one alert.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from bot.desk.ticket import ReferralState, Stage, Ticket

FIRST_ALERTS: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 3, 6, 10))
ALERT_EVERY: Final = timedelta(minutes=10)

FIRST_TOLD: Final = (timedelta(minutes=3), timedelta(minutes=15))
TELL_EVERY: Final = timedelta(hours=1)
"""So often the person is told that nobody has answered yet."""

WRITE_WITHIN: Final = timedelta(minutes=10)
"""Who took a ticket has this long to write; then others are called."""

ANSWER_WITHIN: Final = timedelta(minutes=15)
"""A person who wrote in a talk is answered within this long, or the desk is reminded; after twice that, called."""

REMIND_AFTER: Final = timedelta(hours=24)
ACCEPT_WITHIN: Final = timedelta(minutes=30)
AGREE_WITHIN: Final = timedelta(hours=24)
KEPT_AFTER_CLOSE: Final = timedelta(days=30)
REOPEN_WITHIN: Final = KEPT_AFTER_CLOSE


def alert_at(number: int) -> timedelta:
    """How long after the call began the alert with this number goes out; the first is number 0."""
    return _at(FIRST_ALERTS, ALERT_EVERY, number)


def alerts_by(waited: timedelta) -> int:
    """How many alerts should have gone out after so long."""
    return _count(FIRST_ALERTS, ALERT_EVERY, waited)


def told_by(waited: timedelta) -> int:
    """How often the person should have been told after so long."""
    return _count(FIRST_TOLD, TELL_EVERY, waited)


def put_right(ticket: Ticket, now: datetime) -> Ticket:
    """The same ticket, counted from now where the clock has been set back: or else nobody is called for as long."""
    since, waits_for, touched = (
        None if moment is None else min(moment, now) for moment in (ticket.since, ticket.waits_for, ticket.touched)
    )
    ticket = replace(ticket, since=since, waits_for=waits_for, touched=touched)
    is_ahead = ticket.stage is Stage.ASKED and (since or ticket.asked) + alert_at(ticket.alerts) > now + ALERT_EVERY
    return replace(ticket, since=now - alert_at(ticket.alerts)) if is_ahead else ticket


def next_due(ticket: Ticket) -> datetime:
    """The earliest moment for which this ticket waits."""
    return min(_moments(ticket))


def _moments(ticket: Ticket) -> list[datetime]:
    since = ticket.since or ticket.asked
    match ticket.stage:
        case Stage.CLOSED:
            closed = since if ticket.closing is None else ticket.closing.at
            deletions = [copy.delete_at for copy in ticket.copies if copy.delete_at is not None]
            return [closed + KEPT_AFTER_CLOSE, *deletions]
        case Stage.ASKED:
            moments = [since + alert_at(ticket.alerts), since + _at(FIRST_TOLD, TELL_EVERY, ticket.told)]
        case Stage.ACKNOWLEDGED:
            moments = [since + WRITE_WITHIN]
        case Stage.TALKING if ticket.waits_for is not None:
            moments = [ticket.waits_for + ANSWER_WITHIN * (ticket.alerts + 1)]
        case Stage.TALKING:
            moments = [(ticket.touched or since) + REMIND_AFTER]
        case _:
            assert_never(ticket.stage)
    if ticket.reminder is not None:
        moments.append(ticket.reminder[1])
    referral = ticket.referral
    if referral is not None and referral.state in (ReferralState.ASKING, ReferralState.OFFERED):
        moments.append(referral.due)
    return moments


def _at(first: tuple[timedelta, ...], every: timedelta, number: int) -> timedelta:
    return first[number] if number < len(first) else first[-1] + every * (number - len(first) + 1)


def _count(first: tuple[timedelta, ...], every: timedelta, waited: timedelta) -> int:
    if waited < first[-1]:
        return sum(moment <= waited for moment in first)
    return len(first) + (waited - first[-1]) // every
