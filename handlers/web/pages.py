"""Templates → pages. Every value is escaped where it is put in; a template that asks for a missing one fails."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE: Final = Path(__file__).parent


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
