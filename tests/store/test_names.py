"""What could be a ticket's name, before it is looked for."""

import pytest

from bot.store.keys import is_ticket_name, shard_of

NAME = f"~{'aZ09-_bcde' * 2}07"


def test_a_name_of_ours_lies_in_a_shard() -> None:
    assert is_ticket_name(NAME)
    assert shard_of(NAME) == 7


@pytest.mark.parametrize(
    "odd", ["", "~", NAME[:-1], NAME + "1", NAME[1:] + "7", NAME[:-2] + "64", NAME[:-2] + "²²", NAME[:-2] + "٠٧"]
)
def test_whatever_else_is_asked_for_is_no_name(odd: str) -> None:
    assert not is_ticket_name(odd)
