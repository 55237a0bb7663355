"""The directory: whom to call, from where each number works, and who is of use to this person now.

A national short code reaches someone else in another country, so a number is offered only where it works.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NewType

from bot.facts.evidence import Confidence, Evidence, Telling
from bot.facts.hours import Availability, Hours

HotlineId = NewType("HotlineId", str)

ANYWHERE: Final = "anywhere"
HERE: Final = "here"
ORIGIN: Final = "origin"
INTERNATIONAL: Final = "int"


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number as dialled and, unless it is a short code, in E.164; `works_from` holds country codes."""

    dial: str
    works_from: frozenset[str]
    e164: str = ""
    confidence: Confidence = Confidence.HIGH

    def dialled_from(self, country: str | None) -> str | None:
        """What to dial in a country, or nothing where the number does not work or might reach somebody else."""
        if self.confidence is Confidence.LOW:
            return None
        if self.e164 and (ANYWHERE in self.works_from or country in self.works_from):
            return self.e164
        return self.dial if country in self.works_from else None


@dataclass(frozen=True, slots=True)
class Hotline:
    """One entry of the directory; its words stand in the phrasebook as `hotline.<id>.name`, `.what`, `.caution`."""

    id: HotlineId
    country: str
    kinds: frozenset[str]
    numbers: tuple[Number, ...]
    hours: Hours
    languages: tuple[str, ...]
    evidence: Evidence
    origins: frozenset[str] = frozenset()
    cost: str = "unknown"
    interpreter: str = ""
    government: bool = False
    has_caution: bool = False
    chats: tuple[tuple[str, str], ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A hotline as offered to one person now: what to dial from where they are, and whether somebody picks up.

    Where no number works there is still a chat to write to, so one of `dials` and the hotline's chats is not empty.
    """

    hotline: Hotline
    dials: tuple[str, ...]
    availability: Availability
    speaks: bool
    dated: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: kinds, the most useful first, and single hotlines, which go before them."""

    kinds: tuple[str, ...] = ()
    ids: tuple[HotlineId, ...] = ()
    open_first: bool = True
    at_most: int = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: where from, where now (country codes, if told), and in which language."""

    origin: str | None
    here: str | None
    language: str


class Directory:
    """All hotlines of the content, in the authors' order."""

    __slots__ = ("_by_id", "_holidays", "_hotlines", "_of_kind", "_order")

    def __init__(self, hotlines: Iterable[Hotline], holidays: Mapping[str, frozenset[date]]) -> None:
        self._hotlines = tuple(hotlines)
        self._holidays = holidays
        self._by_id = {hotline.id: hotline for hotline in self._hotlines}
        self._order = {hotline_id: place for place, hotline_id in enumerate(self._by_id)}
        self._of_kind: dict[str, list[HotlineId]] = {}
        for hotline in self._hotlines:
            for kind in hotline.kinds:
                self._of_kind.setdefault(kind, []).append(hotline.id)

    def __contains__(self, hotline_id: object) -> bool:
        return hotline_id in self._by_id

    def __iter__(self) -> Iterator[Hotline]:
        return iter(self._hotlines)

    def list_one(self, hotline_id: HotlineId, caller: Caller, now: datetime) -> Listing | None:
        """Offer one hotline, or nothing where none of its numbers works for the caller."""
        return self._listing(self._by_id[hotline_id], caller, now)

    def choose(
        self, wanted: Wanted, caller: Caller, now: datetime, countries: Collection[str] = frozenset()
    ) -> tuple[Listing, ...]:
        """The hotlines of most use: the open ones, then as named or of the better kind, then in their language.

        `countries` narrows to hotlines of these countries and to international ones; empty does not narrow.
        """
        offered = self._offered(wanted, caller, now, countries)
        # Lines for people of one country, to somebody who has not told theirs and does not write its language: only
        # where there is nothing else.
        for_all = tuple(
            listing for listing in offered if listing.speaks or caller.origin or not listing.hotline.origins
        )
        ranked = sorted(for_all or offered, key=lambda listing: self._rank(listing, wanted, caller))
        return tuple(ranked[: wanted.at_most])

    def _offered(self, wanted: Wanted, caller: Caller, now: datetime, countries: Collection[str]) -> list[Listing]:
        named = {hotline_id for hotline_id in wanted.ids if hotline_id in self._by_id}
        fitting = named.union(*[self._of_kind.get(kind, ()) for kind in wanted.kinds])
        offered = []
        for hotline_id in sorted(fitting, key=self._order.__getitem__):
            hotline = self._by_id[hotline_id]
            near = not countries or hotline.country in countries or hotline.country == INTERNATIONAL
            if near and (listing := self._listing(hotline, caller, now)) is not None:
                offered.append(listing)
        return offered

    def _listing(self, hotline: Hotline, caller: Caller, now: datetime) -> Listing | None:
        telling = hotline.evidence.telling(now.date())
        for_others = bool(hotline.origins) and caller.origin is not None and caller.origin not in hotline.origins
        if telling is Telling.WITHHELD or for_others:
            return None
        dials = tuple(dial for number in hotline.numbers if (dial := number.dialled_from(caller.here)) is not None)
        if not dials and not hotline.chats:
            return None
        return Listing(
            hotline=hotline,
            dials=dials,
            availability=hotline.hours.at(now, self._holidays),
            speaks=caller.language in hotline.languages,
            dated=telling is Telling.DATED,
        )

    def _rank(self, listing: Listing, wanted: Wanted, caller: Caller) -> tuple[int, ...]:
        hotline = listing.hotline
        closed = _CLOSEDNESS[listing.availability] if wanted.open_first else 0
        named = wanted.ids.index(hotline.id) if hotline.id in wanted.ids else len(wanted.ids)
        kind = min((place for place, name in enumerate(wanted.kinds) if name in hotline.kinds), default=0)
        silent = 0 if listing.dials else 1
        elsewhere = 0 if hotline.country == caller.here else 1
        return (silent, closed, named, kind, 0 if listing.speaks else 1, elsewhere)


_CLOSEDNESS: Final = {Availability.OPEN: 0, Availability.UNKNOWN: 1, Availability.CLOSED: 2}


def countries_meant(names: Collection[str], caller: Caller) -> frozenset[str]:
    """The country codes behind `here` and `origin`, as far as they are told; nothing, which does not narrow, else."""
    told = {HERE: caller.here, ORIGIN: caller.origin}
    return frozenset(code for name in names if (code := told.get(name, name)) is not None)
