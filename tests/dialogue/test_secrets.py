"""The safe pictures are kept so that they can be compared and not read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from itertools import permutations

from bot.dialogue.secrets import is_secret, seal_secret
from tests.dialogue.little_world import NOW

CHOSEN = ("sun", "fish", "moon")


def test_only_the_same_pictures_in_the_same_order_are_right() -> None:
    sealed = seal_secret(CHOSEN, NOW)

    assert is_secret(CHOSEN, sealed)
    assert is_secret(list(CHOSEN), sealed)
    for other in permutations(CHOSEN):
        assert is_secret(other, sealed) == (other == CHOSEN)
    assert not is_secret(("sun", "fish", "star"), sealed)
    assert not is_secret(("sun", "fish"), sealed)
    assert not is_secret((), sealed)


def test_pictures_that_run_together_are_not_the_same() -> None:
    sealed = seal_secret(("sun", "fish"), NOW)

    assert not is_secret(("sunf", "ish"), sealed)
    assert not is_secret(("sunfish",), sealed)


def test_what_is_kept_says_nothing_of_the_pictures_and_differs_each_time() -> None:
    sealed = seal_secret(CHOSEN, NOW)
    later = seal_secret(CHOSEN, NOW + timedelta(seconds=1))

    assert sealed != later
    assert urlsafe_b64decode(sealed)[16:] != urlsafe_b64decode(later)[16:]
    assert not any(picture.encode() in urlsafe_b64decode(sealed) for picture in CHOSEN)
    assert is_secret(CHOSEN, later)


def test_parts_of_two_that_were_put_together_fit_nothing() -> None:
    one = urlsafe_b64decode(seal_secret(CHOSEN, NOW))
    other = urlsafe_b64decode(seal_secret(CHOSEN, NOW + timedelta(seconds=1)))

    assert not is_secret(CHOSEN, urlsafe_b64encode(one[:16] + other[16:]).decode())
