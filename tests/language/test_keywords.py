"""Words that steer the chat."""

import pytest

from bot.language.keywords import Wish, WishTable, find_wish

TABLE = WishTable.build(
    {
        "exit": {"en": ["0", "x", "exit"], "th": ["ออก"], "km": ["ចេញ"]},
        "help": {"en": ["help", "sos"], "my": ["ကူညီပါ"], "lo": ["ຊ່ວຍແດ່"]},
        "stop": {"en": ["stop"]},
        "home": {"en": ["home", "menu"]},
        "what": {"en": ["?"]},
    }
)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("HELP", "help"),
        ("helpppp!!!", "help"),
        ("🆘", "help"),
        (" Stop. ", "stop"),
        ("0", "exit"),
        ("๐", "exit"),
        ("X", "exit"),
        ("ออก", "exit"),
        ("ကူညီပါ", "help"),
        ("ຊ່ວຍ ແດ່!", "help"),
        ("ចេញ", "exit"),
        ("/menu", "home"),
        ("?", "what"),
    ],
)
def test_a_word_alone_is_a_wish_in_any_language(text: str, wish: str) -> None:
    assert find_wish(text, TABLE) == Wish(wish)


@pytest.mark.parametrize("text", ["they stop my wage", "", "   ", "00", "xx", "help " * 20, "how to exit thailand"])
def test_a_word_inside_a_sentence_is_no_wish(text: str) -> None:
    assert find_wish(text, TABLE) is None
