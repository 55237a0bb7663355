"""For the machines that look after the bot: does the process live, can it serve people, and how much did it do.

Figures are counts of events, and how long the oldest call waits for an answer. What people were told about, and which
danger was heard, is added up without telling it apart: on a quiet night a single count would point at a person. Whoever
comes through a proxy in front of us, as people do, is told nothing.

Each process tells of the store and of the loop that calls helplines, whatever it does itself: where the process that
should do something is gone, its own figures are gone as well, and others must say so.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from bot.clock import Clock
from bot.figures import BOUNDS, FROM_ZERO, SPANS_FROM_ZERO, Figures, Spans
from bot.store.contract import Store, StoreError

PING_LIMIT: Final = 1.0
WRITE_EVERY: Final = timedelta(seconds=10)
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_TOLD_TOGETHER: Final = frozenset(
    {"danger", "topic_opened", "ticket_opened", "ticket_closed", "ticket_judged", "referral", "desk_refused"}
)
_TOLD_BY_LOG: Final = frozenset({"away_alert_failed", "keys_without_end", "told_not_kept"})
"""Their labels are many, and stand in the log as well; added up, they can be told from the start."""

ALERTS: Final = "alerts"
SILENT_AFTER: Final = timedelta(seconds=60)
"""When the loop that calls helplines was silent for so long on every replica, nobody is being called."""

_THROUGH_PROXY: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "Via")
_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")


class Health:
    """Answers `/healthz`, `/healthz/alerts`, `/readyz` and `/metrics`."""

    def __init__(self, store: Store, clock: Clock, figures: Figures, is_leaving: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._figures = figures
        self._is_leaving = is_leaving
        self._written: datetime | None = None
        self._heard = clock.now()
        """When helplines were last called, as far as is known here: not before we began, for all that we have seen."""

    async def lives(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def is_ready(self, _request: web.Request) -> web.Response:
        if self._is_leaving():
            return web.Response(status=503, text="leaving\n")
        try:
            async with asyncio.timeout(PING_LIMIT):
                await self._look()
        except (StoreError, TimeoutError):
            return web.Response(status=503, text="the store does not answer\n")
        return web.Response(text="ready\n")

    async def _look(self) -> None:
        """Whether the store can be written, now and then: probes come all the time, and each write goes to its disk."""
        now = self._clock.now()
        if self._written is not None and self._written <= now < self._written + WRITE_EVERY:
            await self._store.heard(ALERTS)
            return
        await self._store.ping()
        self._written = now

    async def calls_helplines(self, _request: web.Request) -> web.Response:
        """For a watcher outside: whether calls for help still reach helplines, on whichever replica."""
        try:
            async with asyncio.timeout(PING_LIMIT):
                heard = await self._store.heard(ALERTS)
        except (StoreError, TimeoutError):
            return web.Response(status=503, text="the store does not answer\n")
        age = None if heard is None else self._clock.now() - heard
        if age is None or age > SILENT_AFTER:
            return web.Response(status=503, text="nobody calls helplines\n")
        return web.Response(text=f"{max(0, int(age.total_seconds()))} s ago\n")

    async def tell_figures(self, request: web.Request) -> web.Response:
        if any(name in request.headers for name in _THROUGH_PROXY):
            raise web.HTTPNotFound
        return web.Response(body=(await self.told()).encode(), headers={"Content-Type": _PROMETHEUS})

    async def told(self) -> str:
        """All figures, as Prometheus reads them."""
        return figures_text(self._figures) + await self._store_text()

    async def _store_text(self) -> str:
        """Whether the store takes what people write, how long nobody has called helplines, and how much waits to be
        sent and for how long: by this more replicas are started.
        """
        takes, depth = False, None
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(PING_LIMIT):
                takes = await self._takes()
                self._heard = await self._store.heard(ALERTS) or self._heard
                depth = await self._store.depth(self._clock.now())
        age = max(0.0, (self._clock.now() - self._heard).total_seconds())
        text = (
            f"# TYPE waymark_store_takes gauge\nwaymark_store_takes {takes:d}\n"
            f"# TYPE waymark_alerts_age_seconds gauge\nwaymark_alerts_age_seconds {age:.0f}\n"
        )
        if depth is None:
            return text
        overdue = max(0.0, depth.overdue.total_seconds())
        return text + (
            f"# TYPE waymark_outbox_conversations gauge\nwaymark_outbox_conversations {depth.conversations}\n"
            f"# TYPE waymark_outbox_overdue_seconds gauge\nwaymark_outbox_overdue_seconds {overdue:.3f}\n"
        )

    async def _takes(self) -> bool:
        """Whether it can be written. A full one can still be read."""
        try:
            await self._look()
        except StoreError:
            return False
        return True


def figures_text(figures: Figures) -> str:
    """The figures as Prometheus reads them."""
    counts = Counter({(what, label): 0 for what, labels in FROM_ZERO.items() for label in labels})
    for (what, label), count in figures.counts.items():
        counts[what, "" if what in _TOLD_TOGETHER | _TOLD_BY_LOG else label] += count
    lines: list[str] = []
    named = ""
    for (what, label), count in sorted(counts.items()):
        name = f"waymark_{_NO_NAME.sub('_', what)}_total"
        if name != named:
            lines.append(f"# TYPE {name} counter")
            named = name
        lines.append(f"{name}{_labels(label)} {count}")
    for what, level in sorted(figures.levels.items()):
        name = f"waymark_{_NO_NAME.sub('_', what)}"
        lines += [f"# TYPE {name} gauge", f"{name} {_number(level)}"]
    every = {(what, label): Spans() for what, labels in SPANS_FROM_ZERO.items() for label in labels} | figures.spans
    for what in sorted({what for what, _ in every}):
        lines += _histogram(what, {label: spans for (named, label), spans in every.items() if named == what})
    return "".join(f"{line}\n" for line in lines)


def _histogram(what: str, by_label: Mapping[str, Spans]) -> Iterator[str]:
    name = f"waymark_{_NO_NAME.sub('_', what)}_seconds"
    yield f"# TYPE {name} histogram"
    for label, spans in sorted(by_label.items()):
        count = 0
        for bound, within in zip((*map(str, BOUNDS), "+Inf"), spans.within, strict=True):
            count += within
            yield f"{name}_bucket{_labels(label, le=bound)} {count}"
        yield f"{name}_sum{_labels(label)} {spans.seconds:.6f}"
        yield f"{name}_count{_labels(label)} {count}"


def _number(level: float) -> str:
    return f"{level:.3f}".rstrip("0").rstrip(".")


def _labels(label: str, **more: str) -> str:
    told = {**({"label": label} if label else {}), **more}
    escaped = (f'{name}="{_escaped(words)}"' for name, words in told.items())
    return f"{{{','.join(escaped)}}}" if told else ""


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
