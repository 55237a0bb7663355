from collections.abc import Sequence

import pytest

from bot.language import Understanding
from bot.language.scoring import Question, questions_from
from tests.language.content import DATA
from tests.language.content import understanding as learn


@pytest.fixture(scope="session")
def understanding() -> Understanding:
    return learn()


@pytest.fixture(scope="session")
def questions() -> Sequence[Question]:
    return questions_from((DATA / "dev-questions.tsv").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def emergencies() -> Sequence[Question]:
    return questions_from((DATA / "dev-emergencies.tsv").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def variants() -> Sequence[Question]:
    return questions_from((DATA / "dev-variants.tsv").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def off_topic() -> Sequence[Question]:
    return questions_from((DATA / "dev-negatives.tsv").read_text(encoding="utf-8"))
