"""One ticket of a helpline that reads in the console, with everything that is told on it, and who reads it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.casebook import (
    Entry,
    KeyPair,
    Marked,
    Noted,
    PersonPicked,
    PersonSaid,
    PersonSentMedia,
    StaffSaid,
    StaffSentCard,
    StaffSentMedia,
    StaffSentReply,
    Writer,
    key_id,
    new_key,
    seal_entry,
)
from bot.desk.helplines import HelplineId
from bot.desk.letters import MediaKind, Missed, Original
from bot.desk.phrases import CardId
from bot.desk.ticket import StaffId, TicketId
from bot.messages import Language

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
KM, TH = Language("km"), Language("th")
KHMER = HelplineId("khmer")
CHAN = StaffId("chan")
TICKET, OTHER_TICKET = TicketId(f"~{'t' * 20}07"), TicketId(f"~{'u' * 20}07")
WRITER, STRANGER = Writer(b"w" * 32), Writer(b"s" * 32)
KEY, OTHER_KEY = new_key(), new_key()
PICTURE = Original("telegram", "5123406789", "77")

ONE_OF_EACH: tuple[Entry, ...] = (
    PersonSaid(NOW, "នាយកយកលិខិតឆ្លងដែន", KM, "11"),
    PersonSaid(NOW, "boss took passports", None, "11", is_edit=True),
    PersonSentMedia(NOW, MediaKind.VOICE, PICTURE),
    PersonPicked(NOW, CardId("hurt"), "yes"),
    StaffSaid(NOW, CHAN, "ขอให้ปลอดภัย", TH, "s1"),
    StaffSaid(NOW, CHAN, "ขอให้โชคดี", TH, "s1", is_edit=True),
    StaffSentCard(NOW, CHAN, CardId("later"), "18:00", "s2"),
    StaffSentReply(NOW, CHAN, "office", "s3"),
    StaffSentMedia(NOW, CHAN, MediaKind.PHOTO, PICTURE, "s4"),
    Noted(NOW, CHAN, "calls from a borrowed phone"),
    Marked(NOW, "s1"),
    Marked(NOW, "s2", opened=True),
    Marked(NOW, "s3", why=Missed.BLOCKED),
)


def sealed(entries: Sequence[Entry], key: KeyPair = KEY, first: int = 0) -> list[bytes]:
    """These entries as they lie beside the ticket."""
    return [seal_entry(WRITER, TICKET, key.public, number, entry) for number, entry in enumerate(entries, first)]


def keys_of(*keys: KeyPair) -> dict[str, bytes]:
    return {key_id(key.public): key.private for key in keys}


_moments = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - the time zone comes with the next argument
    datetime(2036, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC) | st.timezones(),
    allow_imaginary=False,
)
_words = st.text(st.characters(codec="utf-8"), max_size=600)
_names = st.text(st.characters(codec="utf-8"), max_size=20)
_languages = st.sampled_from([Language(code) for code in ("km", "lo", "my", "th", "en")])
_kinds = st.sampled_from(MediaKind)
_originals = st.builds(Original, _names, _names, _names)
_cards, _staff = _names.map(CardId), _names.map(StaffId)

ANY_ENTRY: st.SearchStrategy[Entry] = st.one_of(
    st.builds(PersonSaid, _moments, _words, st.none() | _languages, _names, st.booleans()),
    st.builds(PersonSentMedia, _moments, _kinds, _originals),
    st.builds(PersonPicked, _moments, _cards, _names),
    st.builds(StaffSaid, _moments, _staff, _words, _languages, _names, st.booleans()),
    st.builds(StaffSentCard, _moments, _staff, _cards, _words, _names),
    st.builds(StaffSentReply, _moments, _staff, _names, _names),
    st.builds(StaffSentMedia, _moments, _staff, _kinds, _originals, _names),
    st.builds(Noted, _moments, _staff, _words),
    st.builds(Marked, _moments, _names, st.booleans(), st.none() | st.sampled_from(Missed)),
)


def days(count: int) -> timedelta:
    return timedelta(days=count)
