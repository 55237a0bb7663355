"""What is wrong with the fields of a form, said beside each of them.

A field is called as it stands in the file, from the top of its entry: `value`, `source.url`, `numbers.0.dial`,
`answer.1.text`, `steps.2.choose.yes.label`. So what the check finds at a place can be shown beside the field, too.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Wrong(StrEnum):
    """`studio-wrong-<value>` are the words; their slots are in `FieldProblem.slots`."""

    NEEDED = "needed"
    WRITTEN = "written"
    """Write it like `{example}`."""
    ONE_OF = "one-of"
    """Write one of `{choices}`."""
    TOO_FEW = "too-few"
    TOO_MANY = "too-many"
    TOO_LONG = "too-long"
    NO_LINK = "no-link"
    """A source needs an address that begins with https:// or http://."""
    ORDER = "order"
    """The later day stands before the earlier one."""
    EITHER = "either"
    """A fact has a value or a rule in words, not both and not none."""
    INVISIBLE = "invisible"
    """The invisible character `{code}` may not stand in content."""
    UNREADABLE = "unreadable"
    """A line of conditions or details that is not written as it must be."""
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field; the field "" means the whole form."""

    field: str
    wrong: Wrong
    slots: Mapping[str, str] = dataclasses.field(default_factory=dict)


Posted: TypeAlias = Mapping[str, tuple[str, ...]]
"""A form as the browser sent it: the name of a field → what was filled in, several where it may be several."""
