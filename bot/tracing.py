"""Where the time goes in one turn, as traces for whoever runs a collector. Off unless WAYMARK_TRACES_URL is set.

A trace holds names of steps, how long they took, and a label from a closed list such as a door: nothing that a person
wrote, and no id of anybody. The library is an extra (`waymark[traces]`); the bot runs without it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, TypeAlias

Trace: TypeAlias = Callable[[str, str], AbstractContextManager[None]]
"""Opens a step by its name and label; what is opened inside of it belongs to it."""

LABEL: Final = "waymark.label"
_SERVICE: Final = "waymark"


class TracesError(Exception):
    """Traces are wanted and cannot be sent; the message says what to do."""


_NOTHING: Final = nullcontext()


def no_trace(_what: str, _label: str) -> AbstractContextManager[None]:
    """Traces nothing."""
    return _NOTHING


@contextmanager
def traces_to(url: str | None) -> Iterator[Trace]:
    """Send traces to the collector at this address (OTLP over HTTP) until the end; none where there is no address."""
    if url is None:
        yield no_trace
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise TracesError(
            "WAYMARK_TRACES_URL is set, and what sends traces is not installed; "
            "run 'pip install --require-hashes -r requirements-traces.lock', or leave it out"
        ) from error
    provider = TracerProvider(resource=Resource({"service.name": _SERVICE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    tracer = provider.get_tracer(_SERVICE)

    @contextmanager
    def trace(what: str, label: str) -> Iterator[None]:
        # What went wrong stays here: the words of an error could be a person's.
        attributes = {LABEL: label} if label else None
        with tracer.start_as_current_span(
            what, attributes=attributes, record_exception=False, set_status_on_exception=False
        ):
            yield

    try:
        yield trace
    finally:
        provider.shutdown()
