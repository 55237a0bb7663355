"""What editors are told of the questions that could not be answered: `waymark content questions`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.store.contract import WONDER_LIFE, WONDER_PEOPLE, WONDER_PEOPLE_AT_MOST, Wondered
from bot.store.embedded import find_running
from bot.store.redis_store import open_store
from bot.store.secrets import are_made, load_or_make

NOT_RUNNING: Final = "the bot is not running here, so its store is closed; start it, or set WAYMARK_STORE_URL"


async def list_questions(store_url: str | None, data_dir: Path, now: datetime) -> Sequence[str]:
    """The queue as lines to print, read from the store of the bot that runs; the most asked first."""
    url = store_url or find_running(data_dir)
    if url is None or not are_made(data_dir):
        return [NOT_RUNNING]
    store = open_store(url, load_or_make(data_dir, now.date()).vault())
    try:
        return list(_lines(await store.wonders(now)))
    finally:
        await store.close()


def _lines(questions: Sequence[Wondered]) -> Iterator[str]:
    for question in questions:
        people = f"{question.people}{'+' if question.people >= WONDER_PEOPLE_AT_MOST else ''}"
        yield f"{people:>4}  {question.language:<2}  since {question.first_day}  {question.text}"
    yield (
        f"{len(questions)} questions without an answer, each asked in the same words by {WONDER_PEOPLE} people or more"
        f" in the last {WONDER_LIFE.days} days; what might point at a person is never kept"
    )
