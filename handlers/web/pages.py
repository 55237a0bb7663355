"""Templates → pages → answers. Every value is escaped where it is put in; a template that lacks one fails."""

from pathlib import Path
from typing import Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKED_FROM: Final = 600
"""Bytes from which packing a page makes it smaller on the way."""

_HERE: Final = Path(__file__).parent


def page(text: str, status: int = 200) -> web.Response:
    """A page as an answer, packed where that makes it smaller on the way."""
    response = web.Response(text=text, content_type="text/html", status=status)
    if len(text) >= _PACKED_FROM:
        response.enable_compression()
    return response


def render(template: str, **values: object) -> str:
    """A template filled with values."""
    return _ENVIRONMENT.get_template(template).render(**values)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_HERE / "templates", _HERE / "chat" / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # Letters of Khmer, Lao, Burmese and Thai are half as long when they are not escaped.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment


_ENVIRONMENT: Final = _environment()
