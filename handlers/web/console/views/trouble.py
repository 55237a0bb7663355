"""When a page cannot be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from handlers.web.console.views.around import Around


class Trouble(StrEnum):
    """Why; `console-trouble-<value>` and `console-trouble-hint-<value>` are the words."""

    MISSING = "missing"
    FORBIDDEN = "forbidden"
    STORE_AWAY = "store-away"
    PAGE_OLD = "page-old"
    SIGNED_OUT = "signed-out"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Again:
    """What was asked for, to be asked for once more: a page, or a form with what was filled in."""

    path: str
    form: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ErrorView:
    """`again` only where the same could work in a moment."""

    around: Around
    trouble: Trouble
    home: str = "/desk"
    again: Again | None = None
    is_unsure: bool = False
    """Whether something was sent of which we do not know whether it was done."""
