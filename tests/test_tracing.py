"""Traces reach a collector, tell what took how long, and nothing else."""

import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.figures import Figures
from bot.tracing import LABEL, no_trace, traces_to


@asynccontextmanager
async def a_collector() -> AsyncIterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        got.append(gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body)
        return web.Response(body=b"", content_type="application/x-protobuf")

    application = web.Application()
    application.router.add_post("/v1/traces", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/v1/traces", got
    finally:
        await runner.cleanup()


async def test_steps_arrive_at_the_collector_one_within_the_other() -> None:
    import asyncio  # noqa: PLC0415 - only here

    def work(url: str) -> None:
        with traces_to(url) as trace:
            figures = Figures(trace)
            with figures.timed("turn", "telegram"), figures.timed("commit"):
                pass
            with pytest.raises(ValueError, match="my boss"), figures.timed("turn", "web"):
                raise ValueError("my boss took it")

    async with a_collector() as (url, got):
        await asyncio.to_thread(work, url)

    spans = {}
    for body in got:
        assert b"my boss" not in body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    label = {one.key: one.value.string_value for one in span.attributes}
                    assert label.keys() <= {LABEL}
                    assert not span.events
                    spans[span.name, label.get(LABEL, "")] = span
    assert set(spans) == {("turn", "telegram"), ("commit", ""), ("turn", "web")}
    assert spans["commit", ""].parent_span_id == spans["turn", "telegram"].span_id


def test_without_an_address_nothing_is_traced() -> None:
    with traces_to(None) as trace:
        assert trace is no_trace


def test_the_time_is_taken_also_of_what_fails() -> None:
    figures = Figures()

    with pytest.raises(zlib.error), figures.timed("commit"):
        zlib.decompress(b"no")

    assert sum(figures.spans["commit", ""].within) == 1
