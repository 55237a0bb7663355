"""Values for tests, each with what the test is about and nothing else."""

from datetime import UTC, datetime, timedelta

from bot.dialogue import Conversation, Frame, NodeToken
from bot.messages import ArrivalId, ConversationId, Language, Message, plain
from bot.store.contract import Address, Commit, Outgoing, OutgoingId, Priority, Record, Timer

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=10)
SOMEBODY = ConversationId("AAAAAAAAAAAAAAAAAAAAAA")
SOMEBODY_ELSE = ConversationId("BBBBBBBBBBBBBBBBBBBBBB")


def arrival(number: int) -> ArrivalId:
    return ArrivalId(number.to_bytes(8, "big"))


def an_outgoing(
    words: str = "hello",
    *,
    turn: int = 1,
    number: int = 0,
    chat: str = "5123456789",
    door: str = "telegram",
    attempts: int = 0,
    priority: Priority = Priority.ANSWER,
) -> Outgoing:
    return Outgoing(
        OutgoingId(arrival(turn) + bytes((number,))),
        Address(door, chat),
        Message(plain(words)),
        attempts=attempts,
        priority=priority,
    )


def a_record(node: str = "mainmenu00", *, chat: str = "5123456789", language: str = "km") -> Record:
    return Record(
        Address("telegram", chat),
        Conversation(Language(language), {"land": "th"}, (Frame(NodeToken(node)),)),
    )


def a_commit(  # noqa: PLR0913 - each test names only what it is about
    turn: int = 1,
    *outgoing: Outgoing,
    expected: int | None = None,
    conversation: ConversationId = SOMEBODY,
    record: Record | None = a_record(),  # noqa: B008 - it is frozen
    timers: tuple[Timer, ...] = (),
    dropped: tuple[str, ...] = (),
    pushed: bool = True,
    quarantined: bytes | None = None,
) -> Commit:
    """The commit of the turn with this number; unless told otherwise it is that many turns in."""
    return Commit(
        conversation,
        turn - 1 if expected is None else expected,
        arrival(turn),
        record,
        outgoing,
        timers,
        dropped,
        pushed,
        quarantined,
    )
