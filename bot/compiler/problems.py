"""Mistakes in content, told all at once, each with its place and the word that was probably meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple


class Place(NamedTuple):
    """A character in a file, counted from one; a tuple, because every word of the content has one."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Severity(StrEnum):
    """An error keeps the content from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place, and what to do."""

    place: Place
    words: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        mark = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self.place}: {mark}{self.words}"


class ContentError(Exception):
    """The content has errors and cannot be used; `problems` holds the warnings too."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in errors(problems)))
        self.problems = tuple(problems)


class Notebook:
    """Where the steps of the compiler write down what they find."""

    __slots__ = ("_problems",)

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def error(self, place: Place, words: str) -> None:
        """Write down what keeps the content from being used."""
        self._problems[Problem(place, words)] = None

    def warning(self, place: Place, words: str) -> None:
        """Write down what somebody should look at."""
        self._problems[Problem(place, words, Severity.WARNING)] = None

    def unknown(self, place: Place, kind: str, word: str, known: Iterable[str]) -> None:
        """Write down that nothing of this kind is called so, and which name comes nearest."""
        self.error(place, f"no {kind} is called '{word}'{did_you_mean(word, known)}")

    def take(self, other: "Notebook") -> None:
        """Write down everything that stands in another notebook."""
        self._problems.update(dict.fromkeys(other.problems()))

    def problems(self) -> tuple[Problem, ...]:
        """Everything found, in the order of the files and their lines."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.place, problem.words)))


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Only what keeps the content from being used."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The tail of a sentence that names the nearest right word, if one is near."""
    nearest = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""
