"""What is due is found whatever it is, calls are written down by several people at once, and questions find together."""

import asyncio
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from bot.compiler import Notebook, check_content
from bot.compiler.assembling import Assembled
from bot.desk.ticket import StaffId
from bot.dialogue.script import TopicId
from bot.facts import HotlineId
from bot.language import Matching, Mode, Understood
from bot.store.contract import Wondered
from bot.store.shelf import MemoryShelf
from bot.studio.calls import KEPT_PER_NUMBER, Call, CallBook, Heard, alarming
from bot.studio.keeping import Kept, due_until, everything_kept, owner_of
from bot.studio.learning import matters
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.whole.running_bot import CONTENT

ANNA, BEN = StaffId("anna"), StaffId("ben")
POLICE = HotlineId("th-191")


@pytest.fixture(scope="module")
def assembled() -> Assembled:
    found = check_content(CONTENT, date(2026, 11, 26), Notebook())
    assert found is not None
    return found


def test_everything_that_can_go_out_of_date_has_its_day(assembled: Assembled) -> None:
    kinds = Counter(due.kind for due in everything_kept(assembled))

    draft = assembled.draft
    assert kinds == {
        Kept.FACT: len(draft.facts),
        Kept.HOTLINE: len(draft.hotlines),
        Kept.PLACE: len(draft.places),
        Kept.ANSWER: sum(len(topic.variants) for topic in draft.topics.values()),
    }
    assert all((CONTENT / due.file).is_file() for due in everything_kept(assembled))


def test_the_longest_overdue_stands_first_and_nothing_later_than_asked(assembled: Assembled) -> None:
    until = date(2027, 3, 1)

    due = due_until(assembled, until)

    days = [one.review_by for one in due]
    assert days == sorted(days)
    assert days[-1] <= until
    assert len(due) == sum(one.review_by <= until for one in everything_kept(assembled))
    assert due[0].is_overdue(due[0].review_by + timedelta(days=1))
    assert not due[0].is_overdue(due[0].review_by)


async def test_a_file_has_an_owner(assembled: Assembled) -> None:
    book = CallBook(MemoryShelf(ManualClock()))
    due = due_until(assembled, date(2028, 1, 1))[0]

    await asyncio.gather(book.give(due.file, ANNA), book.give("phrases.yaml", BEN))
    assert owner_of(due, await book.owners()) == ANNA

    await book.give(due.file, None)
    assert await book.owners() == {"phrases.yaml": BEN}


def _call(heard: Heard, at: datetime, hotline: HotlineId = POLICE) -> Call:
    return Call(hotline, heard, ANNA, at, "")


async def test_calls_of_several_people_are_all_kept_and_old_ones_go() -> None:
    book = CallBook(MemoryShelf(ManualClock()))
    other = Call(HotlineId("kh-117"), Heard.CHANGED, BEN, NOW, "another number answers")

    await asyncio.gather(*(book.note(one) for one in (other, _call(Heard.WRONG, NOW))))
    for minute in range(KEPT_PER_NUMBER):
        await book.note(_call(Heard.WORKS, NOW + timedelta(minutes=minute + 1)))

    calls = await book.calls()
    assert Counter(call.hotline for call in calls) == {POLICE: KEPT_PER_NUMBER, other.hotline: 1}
    assert calls[0].at == NOW + timedelta(minutes=KEPT_PER_NUMBER)
    assert alarming(calls) == {other.hotline: other}


def test_a_number_is_alarming_until_it_is_found_right() -> None:
    wrong, right = _call(Heard.WRONG, NOW), _call(Heard.WORKS, NOW + timedelta(days=1))

    assert alarming([wrong]) == {POLICE: wrong}
    assert alarming([right, wrong]) == {}
    assert alarming([right, _call(Heard.CHANGED, NOW + timedelta(days=2))]).keys() == {POLICE}


class _Near:
    def understand(self, text: str, language: str | None, profile: object) -> Understood:
        return Understood(text, language, matching=Matching((("wages", 0.3), ("gone", 0.2)), Mode.NONE))


def test_questions_that_are_alike_stand_together() -> None:
    asked = [
        Wondered("ເອົາໝາໄປນຳໄດ້ບໍ່", "lo", 5, NOW.date()),
        Wondered("can I bring my dog", "en", 7, NOW.date()),
        Wondered("can i bring my dogs", "en", 12, NOW.date()),
        Wondered("ເອົາໝາໄປນຳໄດ້ບໍ", "lo", 6, NOW.date()),
        Wondered("who won the football", "en", 5, NOW.date()),
    ]

    found = matters(asked, _Near(), {"wages": TopicId("wages")})

    assert [[one.people for one in matter.questions] for matter in found] == [[12, 7], [6, 5], [5]]
    assert [matter.at_least for matter in found] == [12, 6, 5]
    assert {matter.near for matter in found} == {(TopicId("wages"),)}
