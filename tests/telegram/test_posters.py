"""Posters are counted, and no link that was given to one person tells of them."""

from bot.figures import Figures
from bot.messages import ConversationId
from handlers.telegram.posters import PEOPLE, TOLD_APART, TRIED_AT_MOST, Posters


class Wall:
    def __init__(self) -> None:
        self.figures = Figures()
        self._posters = Posters(self.figures)

    def comes(self, poster: str, *people: int) -> None:
        for person in people:
            self._posters.count(poster, ConversationId(f"{person:022}"))

    def told(self) -> dict[str, int]:
        return {label: count for (_, label), count in self.figures.counts.items()}


def test_a_poster_is_told_of_once_five_people_have_come_by_it_and_counts_them_all() -> None:
    wall = Wall()
    wall.comes("bus-stop", 1, 2, 3, 4)
    assert wall.told() == {}

    wall.comes("bus-stop", 5)
    wall.comes("bus-stop", 6, 6)

    assert wall.told() == {"bus-stop": 7}


def test_one_person_who_comes_again_and_again_is_never_told_of() -> None:
    wall = Wall()

    wall.comes("for-you-alone", *[1] * 50)

    assert wall.told() == {}


def test_tags_that_somebody_makes_up_hide_no_poster() -> None:
    wall = Wall()
    wall.comes("before", *range(PEOPLE))
    for number in range(2 * TRIED_AT_MOST):
        wall.comes(f"made-up-{number}", 99)

    wall.comes("before", 7)
    wall.comes("after", *range(PEOPLE))

    assert wall.told() == {"before": PEOPLE + 1, "after": PEOPLE}


def test_only_so_many_are_told_apart() -> None:
    wall = Wall()
    for number in range(TOLD_APART + 20):
        wall.comes(f"poster-{number}", *range(PEOPLE + 3))

    assert len(wall.told()) == TOLD_APART
