"""Which helpline takes a call."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.desk.helplines import Desks, HelplineId
from bot.desk.routing import Asking, Chosen, choose_helpline
from bot.desk.ticket import Rule
from bot.messages import Language
from tests.desk.small_world import HELPLINES, KHMER, KM, LAO, NOW, TH, THAI

ALL = Desks({THAI: 0, KHMER: 0, LAO: 0})
NIGHT = NOW + timedelta(hours=12)
LAOTIAN, BURMESE = Language("lo"), Language("my")


def chosen(asking: Asking, desks: Desks = ALL, *, at_night: bool = False) -> Chosen | None:
    return choose_helpline(HELPLINES, desks, asking, NIGHT if at_night else NOW)


def test_who_speaks_the_language_where_the_person_is_comes_first() -> None:
    assert chosen(Asking(KM, "th", "kh")) == Chosen(THAI, Rule.LANGUAGE_PLACE_OPEN, is_open=True)
    assert chosen(Asking(KM, "kh", "kh")) == Chosen(KHMER, Rule.LANGUAGE_PLACE_OPEN, is_open=True)
    assert chosen(Asking(LAOTIAN, "th", "la")) == Chosen(LAO, Rule.LANGUAGE_PLACE_OPEN, is_open=True)


def test_the_language_goes_before_the_place() -> None:
    assert chosen(Asking(KM, "th", "kh"), Desks({KHMER: 0, LAO: 0})) == Chosen(
        KHMER, Rule.LANGUAGE_ELSEWHERE_OPEN, is_open=True
    )


def test_a_closed_desk_that_speaks_the_language_goes_before_an_open_one_that_does_not() -> None:
    assert chosen(Asking(LAOTIAN, "th", "la"), at_night=True) == Chosen(LAO, Rule.LANGUAGE_PLACE_CLOSED, is_open=False)


def test_where_nobody_speaks_it_the_rule_says_so() -> None:
    assert chosen(Asking(BURMESE, "th", "mm")) == Chosen(THAI, Rule.INTERPRETER_PLACE, is_open=True)
    assert chosen(Asking(BURMESE, "mm", "mm"), Desks({THAI: 0})) == Chosen(
        THAI, Rule.INTERPRETER_ELSEWHERE, is_open=True
    )


def test_a_full_desk_gives_way_to_another_that_is_as_good() -> None:
    asking = Asking(TH, None, None)

    assert chosen(asking, Desks({THAI: 99})) == Chosen(THAI, Rule.LANGUAGE_PLACE_OPEN, is_open=True)


def test_where_nobody_can_take_it_nobody_is_chosen() -> None:
    assert chosen(Asking(KM), Desks()) is None
    assert chosen(Asking(KM), Desks({HelplineId("gone"): 0})) is None


@given(
    st.sampled_from(["km", "lo", "my", "th", "en"]),
    st.sampled_from([None, "kh", "la", "mm", "th"]),
    st.sampled_from([None, "kh", "la", "mm"]),
    st.sets(st.sampled_from([THAI, KHMER, LAO]), min_size=1),
    st.booleans(),
)
def test_a_desk_that_speaks_the_language_is_never_passed_over_for_one_that_does_not(
    language: str,
    here: str | None,
    origin: str | None,
    able: set[HelplineId],
    at_night: bool,  # noqa: FBT001 - drawn like the others
) -> None:
    found = chosen(Asking(Language(language), here, origin), Desks(dict.fromkeys(able, 0)), at_night=at_night)

    assert found is not None
    assert found.helpline in able
    speaking = {one for one in able if language in HELPLINES.all[one].languages}
    assert found.helpline in speaking or not speaking
    assert found.rule.value.startswith("language") == bool(speaking)
