"""What has to be looked at again, and when: every figure, number, place and answer has a day by which somebody must."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.compiler.assembling import Assembled
from bot.compiler.draft import Draft, Kind
from bot.compiler.problems import Place
from bot.desk.ticket import StaffId
from bot.dialogue.phrasebook import TextId
from bot.facts import Evidence
from bot.studio.units import inside


class Kept(StrEnum):
    """What is looked at again."""

    FACT = "fact"
    HOTLINE = "hotline"
    PLACE = "place"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that somebody must look at by `review_by`. `file` is named as in the folder of content.

    The name is in English, as it stands in the file; an answer is called by its topic and for whom it is.
    """

    kind: Kept
    id: str
    name: str
    file: str
    line: int
    checked: date
    review_by: date
    url: str = ""
    """Where the value was found."""

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed."""
        return self.review_by < today


def due_until(assembled: Assembled, until: date) -> tuple[Due, ...]:
    """Everything that must be looked at by then, the longest overdue first."""
    found = (due for due in everything_kept(assembled) if due.review_by <= until)
    return tuple(sorted(found, key=lambda due: (due.review_by, due.file, due.line)))


def everything_kept(assembled: Assembled) -> Iterator[Due]:
    """All that has a day by which somebody must look at it again."""
    draft = assembled.draft
    for fact in draft.facts.values():
        yield _due(Kept.FACT, fact.id, fact.about, draft.stood[Kind.FACT, fact.id], fact.evidence)
    for hotline in draft.hotlines.values():
        name = _words(draft, f"hotline.{hotline.id}.name")
        yield _due(Kept.HOTLINE, hotline.id, name, draft.stood[Kind.HOTLINE, hotline.id], hotline.evidence)
    for spot in draft.places.values():
        name = _words(draft, f"place.{spot.id}.name")
        yield _due(Kept.PLACE, spot.id, name, draft.stood[Kind.PLACE, spot.id], spot.evidence)
    for topic in draft.topics.values():
        title = _words(draft, topic.title)
        for variant in topic.variants:
            place = variant.place
            name = f"{title} ({variant.id})"
            file = inside(place)
            yield Due(
                Kept.ANSWER, f"{topic.id}.{variant.id}", name, file, place.line, variant.checked, variant.review_by
            )


def owner_of(due: Due, owners: Mapping[str, StaffId]) -> StaffId | None:
    """Who answers for it: whoever was given the file that it stands in."""
    return owners.get(due.file)


def _due(kind: Kept, id_: str, name: str, place: Place, evidence: Evidence) -> Due:
    return Due(
        *(kind, id_, name, inside(place), place.line, evidence.checked, evidence.review_by), url=evidence.source.url
    )


def _words(draft: Draft, text_id: str) -> str:
    source = draft.texts.get(TextId(text_id))
    return text_id if source is None else source.words


@dataclass(frozen=True, slots=True)
class Owed:
    """How much somebody has to look at again: what is overdue, and what will be in the time that was asked about."""

    overdue: int
    soon: int


def owed_by(due: Iterable[Due], owners: Mapping[str, StaffId], today: date) -> Mapping[StaffId, Owed]:
    """What each of the owners has to look at; who has nothing is not among them."""
    owed: dict[StaffId, Owed] = {}
    for one in due:
        owner = owner_of(one, owners)
        if owner is not None:
            before = owed.get(owner, Owed(0, 0))
            is_over = one.is_overdue(today)
            owed[owner] = Owed(before.overdue + is_over, before.soon + (not is_over))
    return owed
