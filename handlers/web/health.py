"""For the machines that look after the bot: does the process live, can it serve people, and how much did it do.

Figures are counts of events, and how long the oldest call waits for an answer. What people were told about, and which
danger was heard, is added up without telling it apart: on a quiet night a single count would point at a person. Whoever
comes through a proxy in front of us, as people do, is told nothing.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from bot.clock import Clock
from bot.figures import BOUNDS, Figures, Spans
from bot.store.contract import Store, StoreError

PING_LIMIT: Final = 1.0
WRITE_EVERY: Final = timedelta(seconds=10)
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_TOLD_TOGETHER: Final = frozenset(
    {"danger", "topic_opened", "ticket_opened", "ticket_closed", "ticket_judged", "referral", "desk_refused"}
)
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
        text = figures_text(self._figures) + await self._outbox_text()
        return web.Response(body=text.encode(), headers={"Content-Type": _PROMETHEUS})

    async def _outbox_text(self) -> str:
        """How much waits to be sent, and for how long: by this more replicas are started. Nothing without a store."""
        try:
            async with asyncio.timeout(PING_LIMIT):
                depth = await self._store.depth(self._clock.now())
        except (StoreError, TimeoutError):
            return ""
        overdue = max(0.0, depth.overdue.total_seconds())
        return (
            f"# TYPE waymark_outbox_conversations gauge\nwaymark_outbox_conversations {depth.conversations}\n"
            f"# TYPE waymark_outbox_overdue_seconds gauge\nwaymark_outbox_overdue_seconds {overdue:.3f}\n"
        )


def figures_text(figures: Figures) -> str:
    """The figures as Prometheus reads them."""
    counts: Counter[tuple[str, str]] = Counter()
    for (what, label), count in figures.counts.items():
        counts[what, "" if what in _TOLD_TOGETHER else label] += count
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
        lines += [f"# TYPE {name} gauge", f"{name} {level:.0f}"]
    for what in sorted({what for what, _ in figures.spans}):
        lines += _histogram(what, {label: spans for (named, label), spans in figures.spans.items() if named == what})
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


def _labels(label: str, **more: str) -> str:
    told = {**({"label": label} if label else {}), **more}
    escaped = (f'{name}="{_escaped(words)}"' for name, words in told.items())
    return f"{{{','.join(escaped)}}}" if told else ""


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
