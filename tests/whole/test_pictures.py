"""Questions with pictures in a running bot: they change in their place, and whoever leaves leaves no picture behind."""

from pathlib import Path

from tests.telegram_server import FakeTelegram, Person
from tests.whole.running_bot import running_bot


async def _tap(telegram: FakeTelegram, person: Person, label: str) -> None:
    """Tap the button that begins so, and wait until the answer stands there."""
    before = (person.last().message_id, person.last().body)
    found = [one for one in person.last().labels if one.startswith(label)]
    assert found, (label, person.last().labels)
    person.tap(found[0])
    await telegram.until(lambda: (person.last().message_id, person.last().body) != before)


async def test_questions_with_pictures_change_in_their_place_until_the_person_leaves(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running_bot(tmp_path, telegram):
        person = telegram.person(7, language_code="en")
        person.start()
        await telegram.until(lambda: person.last().labels)
        for label in ("English", "▶️", "🇰🇭", "🇹🇭"):
            await _tap(telegram, person, label)
        person.start("en_trafficking-signs")
        await telegram.until(lambda: "photo" in person.last().body)
        await _tap(telegram, person, "▶️")
        question, messages = person.last(), len(person.screen())
        for _ in range(3):
            await _tap(telegram, person, "❌")

        assert (person.last().message_id, len(person.screen())) == (question.message_id, messages)
        assert "locked in" not in person.last().text
        uploads = [call for call in telegram.calls if "attach://" in str(call.params)]
        assert len(uploads) == len(telegram.world.files) == 5

        await _tap(telegram, person, "✖️")
        await telegram.until(lambda: question not in person.screen())

        assert [message for message in person.screen() if "photo" in message.body] == []
        assert [violation.why for violation in telegram.violations] == []
