"""The chat page over HTTP, by plain forms and as its script uses it."""

import re

import pytest

from bot.dialogue import Conversation
from bot.dialogue.events import Wish
from bot.dialogue.listing import tell_hotlines
from bot.dialogue.person import Person
from bot.dialogue.presses import LookIn, Press, write_press
from bot.dialogue.steps import ListHotlines
from bot.facts import HotlineId, Wanted
from bot.messages import Language, Message, Span, Style
from handlers.web.chat.articles import article
from handlers.web.chat.routes import FRAGMENTS, HARMLESS
from handlers.web.pages import render
from tests.web.house import House, Phone
from tests.web.reading import read_page


async def test_who_only_looks_leaves_nothing_behind(house: House, phone: Phone) -> None:
    answer = await phone.get("/")

    assert answer.status == 200
    assert [button.means for button in answer.page.articles[0].buttons][:5] == ["km", "lo", "my", "th", "en"]
    assert answer.cookies == []
    assert house.store.commits == []


async def test_a_person_walks_by_plain_forms_from_the_language_to_the_numbers(phone: Phone) -> None:
    home = await phone.walk("en", "go-on", "kh", "th")
    assert "numbers" in [button.means for button in home.articles[-1].buttons]

    danger = await phone.walk("numbers", "danger")

    assert "191" in danger.articles[-1].phones


async def test_a_chat_of_ours_can_be_tapped_and_is_not_told_where_somebody_comes_from(house: House) -> None:
    person = Person(house.script, Conversation(Language("km"), {"origin": "kh", "here": "th"}), house.clock.now())
    text = tell_hotlines(ListHotlines(Wanted(ids=(HotlineId("kh-1280"),))), person.wording())

    shown = render("article.html", article=article(Message(text), "now-1", house.script, house.clock.now()), fields={})

    link = '<a class="address" href="https://t.me/chc1280" target="_blank" rel="noopener noreferrer">t.me/chc1280</a>'
    assert f"Telegram: {link}</span>" in shown


async def test_a_page_looks_no_address_up_before_somebody_taps_on_it(phone: Phone) -> None:
    assert '<meta http-equiv="x-dns-prefetch-control" content="off">' in (await phone.get("/")).text


async def test_an_address_that_somebody_wrote_or_that_is_not_https_is_no_link(house: House) -> None:
    text = (
        Span("t.me/x", Style.PHONE, "https://t.me/x"),
        Span("https://t.me/y"),
        Span("z", dial="javascript:alert(1)"),
    )

    shown = render("article.html", article=article(Message(text), "now-1", house.script, house.clock.now()), fields={})

    assert "href" not in shown
    assert "https://t.me/y" in shown


async def test_each_page_of_plain_forms_shows_one_menu(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    await phone.say("nothing that anybody understands")
    await phone.say("nothing again")

    page = await phone.look()

    assert len(page.articles) > 1
    assert [bool(article.buttons) for article in page.articles] == [False] * (len(page.articles) - 1) + [True]


async def test_the_first_press_makes_a_visitor_and_takes_up_where_the_page_stood(house: House, phone: Phone) -> None:
    page = await phone.look("/?lang=km&open=offer-check&s=poster1")
    assert page.fields["lang"] == "km"

    await phone.press(page, "go-on")

    commits = house.store.commits
    assert len(commits) == 2, "the turn that was shown, then the press"
    assert len({commit.conversation for commit in commits}) == 1
    assert len(phone.cookies) == 1
    page = await phone.look()
    assert {article.attributes["lang"] for article in page.articles} == {"km"}


async def test_a_repeated_form_takes_effect_once(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on")
    page = await phone.look()
    article = page.article_with("kh")
    form = {**article.fields, "press": article.button("kh").press}

    first = await phone.ask("POST", "/chat/say", form)
    conversation = house.store.commits[-1].conversation
    after_first = await house.store.load(conversation)
    second = await phone.ask("POST", "/chat/say", form)

    assert (first.status, second.status) == (303, 303)
    assert await house.store.load(conversation) == after_first


async def test_what_the_script_sends_is_answered_with_pieces_of_the_page(phone: Phone) -> None:
    page = await phone.look()

    answer = await phone.press(page, "en", Accept=FRAGMENTS)

    assert answer.status == 200
    [hello] = read_page(answer.text).articles
    assert hello.attributes["lang"] == "en"
    assert hello.attributes["data-replaces"] == "now-0"
    assert "data-menu" in hello.attributes
    assert hello.fields == {}


async def test_without_saying_what_is_wanted_there_is_no_content(phone: Phone) -> None:
    answer = await phone.press(await phone.look(), "en", Accept="*/*")

    assert (answer.status, answer.text) == (204, "")


async def test_what_was_seen_leaves_the_outbox_and_nothing_else(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    first = await phone.say("hello there")
    second = read_page((await phone.say("and again")).text)
    one, other = read_page(first.text).articles[-1].id, second.articles[-1].id
    assert [article.id for article in second.articles if article.id in (one, other)] == [one, other]

    answer = await phone.ask("POST", "/chat/seen", {"seen": one})

    assert answer.status == 204
    left = [article.id for article in read_page((await phone.get("/chat/poll")).text).articles]
    assert one not in left
    assert other in left


async def test_a_page_that_was_not_answered_shows_its_messages_again(phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    said = read_page((await phone.say("xyzzy")).text).articles[-1]

    assert said.id in [article.id for article in (await phone.look()).articles]
    assert said.id in [article.id for article in (await phone.look()).articles]


async def test_words_and_content_that_look_like_markup_are_shown_and_not_run(house: House, phone: Phone) -> None:
    payload = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`</article>"
    await phone.walk("en", "go-on", "kh", "th")

    answer = await phone.say(payload)

    assert "<script>" not in answer.text
    assert "<img" not in answer.text


@pytest.mark.parametrize(
    "query", ["lang=<script>", 'open="><script>alert(1)</script>', "lang=xx&open=nope", "s='onload="]
)
async def test_a_link_can_put_nothing_on_the_page(phone: Phone, query: str) -> None:
    plain = await phone.get("/")
    answer = await phone.get(
        "/?" + query.replace(" ", "%20").replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
    )

    def without_nonces(text: str) -> str:
        return re.sub(r'name="nonce" value="[^"]+"', "", text)

    assert without_nonces(answer.text) == without_nonces(plain.text)


async def test_the_exit_leaves_a_cover_no_cookie_and_no_messages(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th", "numbers")
    conversation = house.store.commits[-1].conversation

    answer = await phone.get("/chat/exit", Sec_Fetch_Site="same-origin")

    assert (answer.status, answer.headers["Location"]) == (303, HARMLESS)
    assert phone.cookies == {}
    assert await house.store.waiting(conversation) == []
    record = (await house.store.load(conversation)).record
    assert record is not None
    assert record.conversation.trail == ()
    assert [button.means for button in (await phone.look()).articles[0].buttons][:2] == ["km", "lo"]


async def test_the_exit_works_from_a_form_and_while_the_store_is_away(house: House, phone: Phone) -> None:
    await phone.walk("en")
    house.store.is_down = True

    answer = await phone.ask("POST", "/chat/exit", {})

    assert answer.status == 200
    assert HARMLESS in answer.page.addresses
    assert phone.cookies == {}


async def test_the_exit_button_in_a_menu_covers_what_was_there(phone: Phone) -> None:
    page = await phone.walk("en", "go-on", "kh", "th", "numbers")
    button = page.articles[-1].button(Wish.EXIT.value)

    answer = await phone.ask("POST", "/chat/say", {**page.articles[-1].fields, "press": button.press}, Accept=FRAGMENTS)

    [cover] = [article for article in read_page(answer.text).articles if "data-covers" in article.attributes]
    assert "wage" in [each.means for each in cover.buttons]
    shown = await phone.look()
    assert [article.id for article in shown.articles] == [cover.id]


async def test_while_the_store_is_away_a_page_has_numbers_and_the_same_form_once_more(
    house: House, phone: Phone
) -> None:
    page = await phone.walk("en", "go-on", "kh", "th")
    before = await house.store.load(house.store.commits[-1].conversation)
    house.store.is_down = True

    answer = await phone.press(page, "numbers")

    assert answer.status == 503
    away = answer.page.articles[0]
    assert "191" in away.phones
    house.store.is_down = False
    again = await phone.ask("POST", "/chat/say", away.fields)
    assert again.status == 303
    after = await house.store.load(house.store.commits[-1].conversation)
    assert after.version == before.version + 1


async def test_while_the_store_is_away_menus_are_answered_from_memory(house: House, phone: Phone) -> None:
    page = await phone.walk("en", "go-on", "kh", "th")
    house.store.is_down = True

    numbers = (await phone.press(page, "numbers")).page
    danger = (await phone.press(numbers, "danger")).page

    assert "191" in danger.articles[-1].phones
    pieces = await phone.press(numbers, "danger", Accept=FRAGMENTS)
    assert pieces.status == 503
    assert "191" in read_page(pieces.text).articles[0].phones
    assert read_page(pieces.text).articles[0].is_menu


async def test_while_the_store_is_away_helplines_hear_that_somebody_asked_and_of_nothing_else(
    house: House, phone: Phone
) -> None:
    page = await phone.walk("en", "go-on", "kh", "th")
    house.store.is_down = True

    await phone.press(page, "numbers")
    assert house.alerts == 0

    form = {"press": write_press(Press(LookIn(), Language("en"))), "nonce": "nonce-of-one-press"}
    answer = await phone.ask("POST", "/chat/say", form)
    assert answer.status == 503
    assert house.alerts == 1


async def test_while_the_store_is_away_no_advice_is_given_that_needs_earlier_answers(
    house: House, phone: Phone
) -> None:
    await phone.walk("en", "go-on", "kh", "th")
    await phone.press(await phone.look("/?open=offer-check"), "go-on")
    page = await phone.look()
    assert {"yes", "no", "unsure"} <= {button.means for button in page.articles[-1].buttons}
    house.store.is_down = True

    answer = (await phone.press(page, "yes")).page

    assert not any(button.means == "unsure" for article in answer.articles for button in article.buttons)
    assert "before" in [button.means for button in answer.articles[-1].buttons], "the menu is shown instead"


async def test_the_page_itself_works_while_the_store_is_away(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on")
    house.store.is_down = True

    answer = await phone.get("/")

    assert answer.status == 503
    assert "191" in answer.page.articles[0].phones
    assert answer.page.articles[-1].buttons


async def test_a_form_that_is_none_is_refused(phone: Phone) -> None:
    assert (await phone.ask("POST", "/chat/say", {"words": "hello"})).status == 400
    assert (await phone.ask("POST", "/chat/say", {"words": "hello", "nonce": "<>"})).status == 400
    many = {f"field{number}": "x" for number in range(30)}
    assert (await phone.ask("POST", "/chat/say", {**many, "nonce": "nonce-0001"})).status == 400


async def test_an_empty_form_makes_no_visitor(house: House, phone: Phone) -> None:
    answer = await phone.say("   ")

    assert answer.status == 200
    assert answer.cookies == []
    assert house.store.commits == []


async def test_who_has_been_forgotten_starts_again_without_harm(house: House, phone: Phone) -> None:
    page = await phone.walk("en", "go-on", "kh", "th", "about", "erase")
    form = {**page.articles[-1].fields, "press": page.articles[-1].button("yes").press}
    await phone.ask("POST", "/chat/say", form)
    await phone.ask("POST", "/chat/say", form)

    assert house.store.commits[-1].record is None, "a repeated wish to be forgotten makes nobody known again"
    page = await phone.look()
    assert len(page.articles) == 2, "what was said last, and the start below it"
    await phone.press(page, "km")
    assert {article.attributes["lang"] for article in (await phone.look()).articles} == {"km"}


async def test_from_another_site_the_browser_first_takes_a_step_of_ours(phone: Phone) -> None:
    await phone.walk("en", "go-on")
    known, phone.cookies = phone.cookies, {}

    step = await phone.get("/?lang=th&open=offer-check", Sec_Fetch_Site="cross-site")

    assert step.status == 200
    assert step.page.attributes["a"]["href"] == "/?lang=th&open=offer-check"
    assert step.page.articles == []
    phone.cookies = known
    assert (await phone.get("/?lang=th&open=offer-check", Sec_Fetch_Site="same-origin")).page.articles


async def test_a_link_leads_a_new_person_to_its_flow_after_the_first_questions(phone: Phone) -> None:
    page = await phone.look("/?lang=my&open=offer-check")

    for means in ("go-on", "kh", "th"):
        await phone.press(page, means)
        page = await phone.look()

    assert [button.means for button in page.articles[-1].buttons][:2] == ["go-on", "topic"]
