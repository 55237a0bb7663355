"""What staff do in Telegram counts only if they may do it: looked up here, whatever their screen lets them press."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from bot.desk.actions import ByStaff, SendCanned, SendCard, SendMedia, Write
from bot.desk.decided import Accepted, Refusal
from bot.desk.enrolling import leave
from bot.desk.helplines import Mode
from bot.desk.letters import MediaKind, Original, StaffAsked, StaffSent, StaffWrote
from bot.desk.ticket import CloseReason, Stage, Urgency
from bot.dialogue.script import Script
from bot.messages import Language
from handlers.telegram.desk.presses import TicketPress, read_press, write_press
from tests.telegram.desk.house import ANNA, BEN, GROUP, HOME, House, a_house, a_script
from tests.telegram.sample import VAULT

EN = Language("en")


@pytest.fixture
async def house(real_script: Script) -> AsyncIterator[House]:
    async with a_house(a_script(real_script)) as house:
        yield house
        assert house.violations() == []
        assert house.telegram.faults.struck["limit"] == 0


def happenings(house: House) -> list[object]:
    return [arrival.happening.action for arrival in house.taken if isinstance(arrival.happening, ByStaff)]


async def said(house: House, words: str) -> None:
    """Wait until the bot has said this in the group."""
    await house.until(lambda: any(words in one.text for one in house.group.visible() if one.from_bot), within=90)


# Words


async def test_words_in_a_topic_go_to_the_person_in_their_language(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    first = house.ben.send("How are you?", to=house.group, topic=thread)
    second = house.ben.send("សួស្តី", to=house.group, topic=thread)
    await house.until(lambda: len(house.said) == 2)

    assert happenings(house) == [
        Write("How are you?", EN, str(first.message_id)),
        Write("សួស្តី", Language("km"), str(second.message_id)),
    ]
    assert (await house.ticket(ticket)).holder == BEN
    assert StaffWrote("How are you?", EN, str(first.message_id)) in house.letters()


async def test_a_change_of_what_was_written_is_passed_on_as_one(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    message = house.ben.send("come at 5", to=house.group, topic=thread)
    house.ben.edit_message(message, "come at 6")
    await house.until(lambda: len(house.said) == 2)

    assert happenings(house)[1] == Write("come at 6", EN, str(message.message_id), is_edit=True)


@pytest.mark.parametrize("note", ["// she is my neighbour", "#note be careful", " //x", "#NOTE y"])
async def test_notes_stay_inside(house: House, note: str) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    message = house.ben.send(note, to=house.group, topic=thread)
    house.ben.send_photo(caption=note, to=house.group, topic=thread)
    house.ben.edit_message(message, f"{note} and more")
    await house.settled()

    assert house.taken == []
    assert house.letters() == []


async def test_what_staff_send_is_to_be_copied(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    photo = house.ben.send_photo(to=house.group, topic=thread)
    voice = house.ben.send_voice(to=house.group, topic=thread)
    sticker = house.ben.send_sticker(to=house.group, topic=thread)
    await house.until(lambda: len(house.said) == 3)

    originals = [Original("telegram", str(GROUP), str(one.message_id)) for one in (photo, voice, sticker)]
    kinds = (MediaKind.PHOTO, MediaKind.VOICE, MediaKind.STICKER)
    assert happenings(house) == [
        SendMedia(kind, original, original.message) for kind, original in zip(kinds, originals, strict=True)
    ]
    assert StaffSent(MediaKind.PHOTO, originals[0], originals[0].message) in house.letters()


async def test_where_a_helpline_only_wants_alerts_nothing_is_passed_on(real_script: Script) -> None:
    async with a_house(a_script(real_script, mode=Mode.ALERT)) as house:
        ticket = await house.open()
        await house.hear_words(ticket, "a secret")
        await house.until(lambda: house.of_topics("there is something new"))
        thread = await house.thread(ticket)
        house.ben.send("what shall we do?", to=house.group, topic=thread)
        house.ben.send_photo(to=house.group, topic=thread)
        await house.settled()

        assert house.taken == []
        assert "a secret" not in repr([one.body for one in house.group.visible()])


async def test_who_is_not_enrolled_is_told_so_once_and_nothing_of_theirs_is_passed_on(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    guest = house.telegram.person(900)
    for words in ("I am a friend", "/claim", "hello"):
        guest.send(words, to=house.group, topic=thread)
    await said(house, "You are not enrolled here")
    await house.settled()

    assert house.taken == []
    assert sum("not enrolled here" in one.text for one in house.group.visible()) == 1


async def test_staff_of_another_helpline_are_turned_away(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.chan.send("let me in", to=house.group, topic=thread)
    await said(house, "You are not enrolled here")

    assert house.taken == []


async def test_words_beside_all_topics_go_to_nobody(house: House) -> None:
    await house.topic(await house.open())
    house.ben.send("good morning all", to=house.group)
    await house.settled()

    assert house.taken == []


async def test_why_something_was_not_done_is_told_where_it_was_tried(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.anna.send("/claim", to=house.group, topic=thread)
    await house.until(lambda: house.said)
    message = house.ben.send("I write, too", to=house.group, topic=thread)
    await said(house, "A colleague has taken this case.")

    answer = next(one for one in house.group.visible(thread) if "A colleague has taken" in one.text)
    replied = answer.body["reply_to_message"]
    assert isinstance(replied, dict)
    assert replied["message_id"] == message.message_id


async def test_an_update_that_comes_again_is_the_same_arrival(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.ben.send("once", to=house.group, topic=thread)
    [update] = house.telegram.updates.pending.values()
    await house.until(lambda: house.said)
    house.telegram.updates.pending[update.update_id] = update
    house.ben.send("twice", to=house.group, topic=thread)
    await house.until(lambda: not house.telegram.updates.pending)

    ids = [arrival.id for arrival in house.taken]
    assert ids[0] in ids[1:] or len(ids) == 2
    letters = [one for one in house.letters() if isinstance(one, StaffWrote)]
    assert [letter.words for letter in letters] == ["once", "twice"]


# Commands


async def test_commands_do_what_they_say(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)

    async def type_and_wait(words: str) -> None:
        before = len(house.said)
        house.anna.send(words, to=house.group, topic=thread)
        await house.until(lambda: len(house.said) > before)
        assert isinstance(house.said[-1], Accepted), (words, house.said[-1])

    await type_and_wait("/claim")
    assert (await house.ticket(ticket)).holder == ANNA
    await type_and_wait("/urgent high")
    assert (await house.ticket(ticket)).urgency is Urgency.HIGH
    await type_and_wait("/normal@waymark_test_bot")
    assert (await house.ticket(ticket)).urgency is Urgency.NORMAL
    await type_and_wait("/label wages")
    await type_and_wait("/label Night Shift")
    assert (await house.ticket(ticket)).labels == {"wages", "night shift"}
    await type_and_wait("/label wages")
    assert (await house.ticket(ticket)).labels == {"night shift"}
    await type_and_wait("/ask ben")
    assert (await house.ticket(ticket)).helpers == {BEN}
    await type_and_wait("/give Ben")
    assert (await house.ticket(ticket)).holder == BEN
    await type_and_wait("/reply received")
    assert isinstance(happenings(house)[-1], SendCanned)
    await type_and_wait("/refer Example helpline in Cambodia")
    await type_and_wait("/cancel")
    await type_and_wait("/close helped")
    closed = await house.ticket(ticket)
    assert (closed.stage, closed.closing and closed.closing.reason) == (Stage.CLOSED, CloseReason.HELPED)
    await type_and_wait("/reopen")
    await type_and_wait("/claim")
    await type_and_wait("/release")
    assert (await house.ticket(ticket)).holder is None


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/helpp", "/helpp is no command here"),
        ("/give Nobody", "No colleague of your helpline has this name"),
        ("/reply nonsense", "There is no such phrase or ready reply"),
        ("/refer nowhere", "This helpline does not exist"),
        ("/reopen", "This case is open already"),
        ("/help", "In a case you can type"),
        ("/close", "Why do you close it?"),
        ("/close because", "Why do you close it?"),
        ("/urgent", "How urgent is it?"),
        ("/phrase", "What do you want to say or ask?"),
        ("/ask", "Which colleague?"),
    ],
)
async def test_what_a_command_cannot_do_is_said_and_nothing_reaches_the_person(
    house: House, typed: str, answer: str
) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.ben.send(typed, to=house.group, topic=thread)
    await said(house, answer)

    assert [one for one in house.said if isinstance(one, Accepted)] == []
    assert house.letters() == []


async def test_a_command_beside_all_topics_says_where_it_belongs(house: House) -> None:
    house.ben.send("/claim", to=house.group)
    await said(house, "This works only inside a case.")


async def test_phrases_are_found_by_their_words_and_sent_by_a_tap(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.ben.send("/phrase danger now", to=house.group, topic=thread)
    await said(house, "Which phrase?")
    menu = next(one for one in house.group.visible(thread) if "Which phrase?" in one.text)
    assert menu.labels[0] == "Are you in danger now?"

    house.ben.tap("Are you in danger now?", message=menu, on=house.group)
    await house.until(lambda: house.said)

    assert isinstance(happenings(house)[0], SendCard)
    assert [one.card for one in house.letters() if isinstance(one, StaffAsked)] == ["in-danger-now"]


# Buttons


async def test_a_call_is_taken_with_its_button_and_the_button_goes(house: House) -> None:
    ticket = await house.open()
    await house.call(ticket)
    await house.until(house.general)
    [call] = house.general()
    house.ben.tap("✋ I take it", message=call, on=house.group)
    await house.until(lambda: house.ben.toasts)

    assert (await house.ticket(ticket)).holder == BEN
    assert house.ben.toasts == ["Done."]
    await house.until(lambda: call.labels == [])


async def test_in_a_digest_only_the_button_that_was_used_goes(house: House) -> None:
    tickets = [await house.open(number) for number in range(1, 9)]
    for ticket in tickets:
        await house.call(ticket)
    await house.until(lambda: sum(len(one.labels) for one in house.general()) == 8)
    digest = max(house.general(), key=lambda one: len(one.labels))
    label = digest.labels[1]
    before = list(digest.labels)
    house.ben.tap(label, message=digest, on=house.group)
    await house.until(lambda: len(digest.labels) == len(before) - 1)

    assert digest.labels == [one for one in before if one != label]
    taken = next(ticket for ticket in tickets if label.startswith(ticket.alias))
    assert (await house.ticket(taken)).holder == BEN


async def test_menus_lead_to_an_action_and_back_to_all_buttons(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    first = next(one for one in house.group.visible(thread) if one.text)
    all_buttons = list(first.labels)
    house.ben.tap("Urgency", message=first, on=house.group)
    await house.until(lambda: first.labels == ["in danger now", "urgent", "not urgent", "⬅️ Back"])
    house.ben.tap("⬅️ Back", message=first, on=house.group)
    await house.until(lambda: first.labels == all_buttons)
    house.ben.tap("Urgency", message=first, on=house.group)
    await house.until(lambda: "urgent" in first.labels)
    house.ben.tap("urgent", message=first, on=house.group)
    await house.until(lambda: first.labels == all_buttons)

    assert (await house.ticket(ticket)).urgency is Urgency.HIGH
    await house.until(lambda: "Done." in house.ben.toasts)


async def test_every_button_that_a_menu_shows_is_one_of_ours_and_fits(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    first = next(one for one in house.group.visible(thread) if one.text)
    seen: set[str] = set()
    for label in (
        "💬 Phrase",
        "Ready reply",
        "Label",
        "Hand over",
        "Ask a colleague",
        "Pass on to a helpline",
        "🔒 Close",
    ):
        house.anna.tap(label, message=first, on=house.group)
        await house.until(lambda: "⬅️ Back" in first.labels)
        data = [str(button["callback_data"]) for row in first.buttons for button in row]
        seen |= set(data)
        house.anna.tap("⬅️ Back", message=first, on=house.group)
        await house.until(lambda: "💬 Phrase" in first.labels)
    presses = [read_press(VAULT, one) for one in seen]

    assert all(isinstance(press, TicketPress) and press.ticket == ticket.id for press in presses)
    assert {press.verb for press in presses if isinstance(press, TicketPress)} == {
        "group", "canned", "label", "give", "ask", "refer", "close", "back",
    }  # fmt: skip


async def test_what_belongs_into_a_gap_is_asked_and_sent_with_the_phrase(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.ben.send("/phrase call at pick up", to=house.group, topic=thread)
    await said(house, "Which phrase?")
    menu = next(one for one in house.group.visible(thread) if "Which phrase?" in one.text)
    label = next(one for one in menu.labels if one.startswith("I will call you at"))
    house.ben.tap(label, message=menu, on=house.group)
    await said(house, "Write what belongs in the gap")
    question = next(one for one in house.group.visible(thread) if "belongs in the gap" in one.text)
    assert house.taken == []
    house.ben.send("17:30", to=house.group, topic=thread, reply_to=question)
    await house.until(lambda: house.said)

    assert [(one.card, one.filled) for one in house.letters() if isinstance(one, StaffAsked)] == [
        ("will-call", "17:30")
    ]


async def test_a_forged_button_does_nothing(house: House) -> None:
    ticket = await house.open()
    await house.call(ticket)
    await house.until(house.general)
    [call] = house.general()
    good = write_press(VAULT, ticket.id, 1, "claim")
    forged = [
        good.replace("claim", "close:helped"),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace(ticket.id[1:5], "AAAA"),
        "~",
        "~" + "x" * 63,
        "~!1" + "x" * 10,
    ]
    for data in forged:
        house.ben.tap_data(data, call)
    await house.settled()

    assert house.taken == []
    assert house.figures.counts["desk_press_not_ours", ""] == len(forged)
    assert (await house.ticket(ticket)).holder is None


async def test_a_button_works_once_and_never_for_strangers(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    first = next(one for one in house.group.visible(thread) if one.text)
    data = next(
        str(button["callback_data"]) for row in first.buttons for button in row if button["text"] == "✋ I take it"
    )
    house.telegram.person(900).tap_data(data, first)
    house.chan.tap_data(data, first)
    await house.until(lambda: house.chan.toasts)
    assert house.taken == []

    house.ben.tap_data(data, first)
    await house.until(lambda: len(house.said) == 1)
    house.ben.send("/release", to=house.group, topic=thread)
    await house.until(lambda: len(house.said) == 2)
    house.ben.tap_data(data, first)
    await house.until(lambda: len(house.said) == 3)

    assert house.said[2] == Refusal.PRESSED_BEFORE
    assert (await house.ticket(ticket)).holder is None
    await house.until(lambda: any("This button has been used already" in toast for toast in house.ben.toasts))


async def test_a_button_from_one_group_does_not_work_in_another(house: House) -> None:
    ticket = await house.open()
    await house.topic(ticket)
    there = house.chan.send("hello", to=house.other)
    house.chan.tap_data(write_press(VAULT, ticket.id, 1, "close:helped"), there)
    await house.until(lambda: house.said)

    assert house.said == [Refusal.NOT_YOURS]
    assert (await house.ticket(ticket)).is_open


async def test_whoever_left_can_press_nothing_any_more(house: House) -> None:
    ticket = await house.open()
    await house.call(ticket)
    await house.until(house.general)

    await house.roster.change(partial(leave, member=BEN, now=house.clock.now()))
    house.ben.tap("✋ I take it", message=house.general()[0], on=house.group)
    await house.until(lambda: house.ben.toasts)

    assert house.taken == []
    assert house.ben.toasts == ["You are not enrolled here, so nothing was done. Ask your supervisor for a code."]


# Who is in the group


async def test_while_a_stranger_is_in_the_group_nothing_is_relayed_in_either_direction(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    guest = house.telegram.person(900)
    house.group.join(guest)
    await said(house, "Somebody who is not enrolled has joined")
    assert house.in_roster().stranger is not None

    await house.hear_words(ticket, "my secret")
    house.ben.send("our answer", to=house.group, topic=thread)
    await said(house, "Not sent: somebody who is not enrolled is in this group.")
    await house.call(await house.open(2))
    await house.until(lambda: any("🔔" in one.text for one in house.general()))

    assert house.of_topics("my secret") == []
    assert house.taken == []
    assert house.figures.counts["desk_stranger", HOME] == 1

    house.group.leave(guest)
    await house.until(lambda: house.in_roster().stranger is None)
    await house.until(lambda: house.of_topics("my secret"))


async def test_only_a_supervisor_can_say_that_all_is_well(house: House) -> None:
    ticket = await house.open()
    await house.topic(ticket)
    house.group.join(house.telegram.person(900))
    await said(house, "Somebody who is not enrolled has joined")
    warning = next(one for one in house.general() if "not enrolled has joined" in one.text)

    house.ben.tap("✅ Yes, do it", message=warning, on=house.group)
    await house.until(lambda: house.ben.toasts)
    assert house.in_roster().stranger is not None

    house.anna.tap("✅ Yes, do it", message=warning, on=house.group)
    await said(house, "Anna has confirmed who is in this group.")
    assert house.in_roster().stranger is None


async def test_a_confirmation_of_before_does_not_hold_for_who_comes_later(house: House) -> None:
    house.group.join(house.telegram.person(900))
    await said(house, "Somebody who is not enrolled has joined")
    warning = next(one for one in house.general() if "not enrolled has joined" in one.text)
    data = str(warning.buttons[0][0]["callback_data"])
    house.anna.tap_data(data, warning)
    await house.until(lambda: house.in_roster().stranger is None)
    await house.let_pass(5)

    house.group.join(house.telegram.person(901))
    await house.until(lambda: house.in_roster().stranger is not None)
    house.anna.tap_data(data, warning)
    await house.settled()

    assert house.in_roster().stranger is not None


async def test_a_colleague_who_joins_disturbs_nothing(house: House) -> None:
    house.group.leave(house.ben)
    house.group.join(house.ben)
    await house.settled()

    assert house.in_roster().stranger is None


async def test_topics_that_are_turned_off_are_noticed(house: House) -> None:
    del house.group.chat.body["is_forum"]
    house.ben.send("hello", to=house.group)
    await house.until(lambda: not house.in_roster().has_topics)
