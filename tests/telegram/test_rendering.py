"""What Telegram is given: words, entities in its own units, and keyboards that it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, Message, Rows, Span, Style, plain, words_of
from handlers.telegram.rendering import Entity, Rendered, render, utf16_length, without_styles

PHONE = Span("1300", Style.PHONE, "1300")


def marked(rendered: Rendered) -> list[tuple[str, str]]:
    """Each entity's kind and the words under it, cut out in UTF-16 units as Telegram does."""
    units = rendered.text.encode("utf-16-le", "surrogatepass")
    found = []
    for entity in rendered.entities:
        offset, length = entity["offset"], entity["length"]
        assert isinstance(offset, int)
        assert isinstance(length, int)
        found.append((str(entity["type"]), units[offset * 2 : (offset + length) * 2].decode("utf-16-le")))
    return found


def keyboard(rows: Rows, call_page: str | None = None) -> list[list[dict[str, object]]]:
    (rendered,) = render(Message(plain("Menu"), rows), call_page)
    assert rendered.markup is not None
    return [[dict(button) for button in row] for row in rendered.markup["inline_keyboard"]]


def test_plain_words_are_sent_as_they_are() -> None:
    assert render(Message(plain("ជំរាបសួរ"))) == (Rendered("ជំរាបសួរ"),)


def test_entities_are_counted_in_utf16_units_behind_emoji_and_burmese() -> None:
    message = Message(
        (
            Span("👨‍👩‍👧🇲🇲 "),
            Span("မင်္ဂလာပါ", Style.STRONG),
            Span(" 🙏 ခေါ်ပါ "),
            PHONE,
            Span(" 🆘"),
            Span("!", Style.STRONG),
        )
    )

    (rendered,) = render(message)

    assert marked(rendered) == [("bold", "မင်္ဂလာပါ"), ("code", "1300"), ("bold", "!")]
    assert rendered.entities[0]["offset"] == 13


def test_an_international_number_stays_plain_so_that_telegram_links_it() -> None:
    (rendered,) = render(Message((Span("Call "), Span("+6622825999", Style.PHONE, "+6622825999"))))

    assert rendered == Rendered("Call +6622825999")


def test_an_address_of_ours_is_a_link_whatever_the_messenger_makes_of_the_words() -> None:
    address = Span("t.me/helpline", dial="https://t.me/helpline")

    (rendered,) = render(Message((Span("💬 "), address)))
    (alone,) = render(Message((address,)))

    link: Entity = {"type": "text_link", "offset": 3, "length": 13, "url": "https://t.me/helpline"}
    assert rendered == Rendered("💬 t.me/helpline", (link,))
    assert alone == Rendered("t.me/helpline", (link | {"offset": 0},))


@pytest.mark.parametrize(
    "address", ["http://t.me/x", "javascript:alert(1)", 'https://x.org/"onclick', "tg://x", "1300"]
)
def test_what_is_no_https_address_is_no_link(address: str) -> None:
    assert render(Message((Span("here", dial=address),))) == (Rendered("here"),)


def test_an_empty_span_makes_no_entity() -> None:
    assert render(Message((Span("a"), Span("", Style.STRONG)))) == (Rendered("a"),)


def test_a_message_without_words_still_brings_its_buttons() -> None:
    (rendered,) = render(Message(plain(" \n"), ((Button("Home", "w--h"),),)))

    assert (rendered.text, rendered.markup is None) == ("…", False)


def test_no_more_entities_than_telegram_takes() -> None:
    (rendered,) = render(Message(tuple(Span(sign, Style.STRONG) for sign in "ab" * 80)))

    assert len(rendered.entities) == 100


def test_a_button_carries_its_press() -> None:
    assert keyboard(((Button("🏠 Home", "wenh"),),)) == [[{"text": "🏠 Home", "callback_data": "wenh"}]]


def test_a_number_on_a_button_is_copied_by_a_tap() -> None:
    assert keyboard(((Button("Police", dial="191"),),)) == [[{"text": "📋 Police", "copy_text": {"text": "191"}}]]


def test_a_number_on_a_button_is_dialled_where_a_public_page_can() -> None:
    assert keyboard(((Button("Police", dial="+66191"),),), "https://example.org/call/") == [
        [{"text": "Police", "url": "https://example.org/call/%2B66191"}]
    ]


@pytest.mark.parametrize("word", ["កម្ពុជា", "မြန်မာ", "ພາສາລາວ", "ทำงาน", "worker "])
def test_a_long_label_is_cut_between_letters(word: str) -> None:
    (((button),),) = keyboard(((Button(word * 20, "x"),),))
    label = str(button["text"])

    assert len(label) <= 64
    assert label.endswith("…")
    assert (word * 20).startswith(label[:-1])
    assert len(label) > 50


def test_a_long_label_is_not_cut_inside_a_joined_emoji() -> None:
    (((button),),) = keyboard(((Button("x " * 30 + "👨‍👩‍👧‍👦" * 5, "x"),),))

    assert "\u200d…" not in str(button["text"])


def test_a_label_of_one_endless_word_is_cut_and_an_empty_one_filled() -> None:
    assert keyboard(((Button("x" * 100, "a"), Button("", "b")),)) == [
        [{"text": "x" * 63 + "…", "callback_data": "a"}, {"text": "…", "callback_data": "b"}]
    ]


def test_rows_are_as_wide_as_telegram_takes_and_empty_ones_left_out() -> None:
    rows = (tuple(Button(str(number), "x") for number in range(10)), ())

    assert [len(row) for row in keyboard(rows)] == [8, 2]


def test_of_too_many_buttons_the_ways_out_stay() -> None:
    rows = tuple((Button(str(number), "x"),) for number in range(120))
    labels = [row[0]["text"] for row in keyboard(rows)]

    assert len(labels) <= 100
    assert labels[-2:] == ["118", "119"]
    assert labels[:90] == [str(number) for number in range(90)]


def test_a_text_that_is_too_long_becomes_several_with_the_buttons_under_the_last() -> None:
    message = Message((Span("စာ" * 2000 + "\n"), Span("🙏" * 500, Style.STRONG)), ((Button("Home", "x"),),))

    parts = render(message)

    assert "".join(part.text for part in parts) == words_of(message.text)
    assert all(utf16_length(part.text) <= 4096 for part in parts)
    assert [part.markup is None for part in parts] == [True] * (len(parts) - 1) + [False]
    assert "".join(words for part in parts for _, words in marked(part)) == "🙏" * 500


def test_without_styles_only_the_words_stay() -> None:
    message = Message((Span("a", Style.STRONG), PHONE), ((Button("Home", "x"),),))

    assert without_styles(message) == Message(plain("a1300"), ((Button("Home", "x"),),))


WORDS = st.text(st.sampled_from("aက္ခាំ🙏👩\u200d \n᠎é๏"), max_size=80)
SPANS = st.builds(Span, WORDS, st.sampled_from(Style), st.sampled_from(["1300", "+66191"]))


@given(st.lists(SPANS, min_size=1, max_size=8).map(tuple), st.integers(8, 64))
def test_however_it_is_cut_no_sign_and_no_style_is_lost(text: tuple[Span, ...], limit: int) -> None:
    parts = render(Message(text), limit=limit)

    shown = "".join(part.text for part in parts).replace("…", "")
    assert _visible(shown) == _visible(words_of(text))
    assert all(utf16_length(part.text) <= limit for part in parts)
    strong = "".join(words for part in parts for kind, words in marked(part) if kind == "bold")
    assert _visible(strong) == _visible("".join(span.words for span in text if span.style is Style.STRONG))


def _visible(words: str) -> str:
    return "".join(words.split())
