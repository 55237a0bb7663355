"""Passkeys: made, used, and refused in each way in which an answer can be wrong."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from webauthn.helpers import bytes_to_base64url

from bot.desk.staff import Member, Role
from bot.desk.ticket import StaffId
from bot.guard.audit import Deed
from bot.guard.credentials import Passkey
from bot.guard.passkeys import FRESH, Passkeys, read_answer
from bot.guard.sessions import Session
from bot.guard.sign_in import MOST_PASSKEYS, Denial, Denied
from bot.store.shelf import MemoryShelf
from tests.builders import NOW
from tests.fakes import NAMES, ManualClock
from tests.guard.authenticator import PRESENT, VERIFIED, Authenticator, changed
from tests.guard.small_house import KHMER, PASSWORD, House, a_house

HERE, EVIL = "https://desk.example", "https://desk.example.evil.example"
ANNA = Member(StaffId("id-Anna"), "Anna", Role.RESPONDER, frozenset({KHMER}))
SECRET = b"a secret that the passkey makes "


class Desk:
    """The questions, and who answers them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.shelf = MemoryShelf(self.clock)
        self.passkeys = Passkeys(self.shelf, NAMES, self.clock)

    async def register(self, device: Authenticator) -> Passkey | None:
        options = self.passkeys.ask_for_new(ANNA, (), HERE)
        return await self.passkeys.take_new(device.make(options), HERE, "Phone", NOW)

    async def use(self, device: Authenticator, passkey: Passkey) -> int | None:
        return await self.passkeys.check(device.sign(self.passkeys.ask_who(HERE)), HERE, passkey)


async def registered() -> tuple[Desk, Authenticator, Passkey]:
    desk, device = Desk(), Authenticator(HERE)
    passkey = await desk.register(device)
    assert passkey is not None
    return desk, device, passkey


async def test_a_passkey_is_made_and_used_and_its_count_rises() -> None:
    desk, device, passkey = await registered()

    assert (passkey.id, passkey.count, passkey.name, passkey.added) == (device.id, 0, "Phone", NOW)
    assert await desk.use(device, passkey) == 1
    assert await desk.use(device, replace(passkey, count=1)) == 2


async def test_a_passkey_that_never_counts_is_good_each_time() -> None:
    desk, device, passkey = await registered()
    device.counts = False

    assert [await desk.use(device, passkey) for _ in range(3)] == [0, 0, 0]


async def test_the_browser_is_asked_for_verification_for_a_passkey_that_it_keeps_and_for_a_secret() -> None:
    desk = Desk()
    known = Passkey(b"known", b"public", 0, "Phone", NOW)
    new = json.loads(desk.passkeys.ask_for_new(ANNA, (known,), HERE))
    who = json.loads(desk.passkeys.ask_who(HERE))

    assert new["authenticatorSelection"]["userVerification"] == who["userVerification"] == "required"
    assert new["authenticatorSelection"]["residentKey"] == "required"
    assert new["rp"] == {"id": "desk.example", "name": "Waymark"}
    assert who["rpId"] == "desk.example"
    assert [one["type"] for one in new["excludeCredentials"]] == ["public-key"]
    assert who["allowCredentials"] == []
    assert new["extensions"] == who["extensions"]
    assert len(new["extensions"]["prf"]["eval"]["first"]) == 43
    assert new["challenge"] != who["challenge"]


LIES = {
    "another site's page": Authenticator(EVIL),
    "the same site without encryption": Authenticator("http://desk.example"),
    "another port": Authenticator(HERE + ":8443"),
    "a passkey of another site": Authenticator(HERE, claims_host="evil.example"),
    "nobody verified": Authenticator(HERE, flags=PRESENT),
    "nobody present": Authenticator(HERE, flags=VERIFIED),
    "another challenge": Authenticator(HERE, claims_challenge="A" * 43),
    "another kind of answer": Authenticator(HERE, claims_type="payment.get"),
    "a page within another site's": Authenticator(HERE, is_embedded=True),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_passkey_is_not_made_with(lie: str) -> None:
    assert await Desk().register(LIES[lie]) is None


@pytest.mark.parametrize("lie", LIES)
async def test_nobody_gets_in_with(lie: str) -> None:
    desk, device, passkey = await registered()
    liar = replace(LIES[lie], key=device.key, id=device.id, user=device.user, count=device.count)

    assert await desk.use(liar, passkey) is None
    assert await desk.use(device, passkey) == 1


async def test_nobody_gets_in_with_another_key() -> None:
    desk, device, passkey = await registered()

    assert await desk.use(Authenticator(HERE, id=device.id, user=device.user), passkey) is None


async def test_an_answer_counts_once() -> None:
    desk, device, passkey = await registered()
    device.counts = False
    answer = device.sign(desk.passkeys.ask_who(HERE))

    assert await desk.passkeys.check(answer, HERE, passkey) == 0
    assert await desk.passkeys.check(answer, HERE, passkey) is None

    options = desk.passkeys.ask_for_new(ANNA, (), HERE)
    made = Authenticator(HERE).make(options)
    assert await desk.passkeys.take_new(made, HERE, "Phone", NOW) is not None
    assert await desk.passkeys.take_new(made, HERE, "Phone", NOW) is None


async def test_a_wrong_answer_uses_the_question_up() -> None:
    desk, device, passkey = await registered()
    options = desk.passkeys.ask_who(HERE)
    wrong = replace(device, flags=PRESENT).sign(options)

    assert await desk.passkeys.check(wrong, HERE, passkey) is None
    assert await desk.passkeys.check(device.sign(options), HERE, passkey) is None


async def test_a_question_is_answered_within_five_minutes() -> None:
    desk, device, passkey = await registered()
    options = desk.passkeys.ask_who(HERE)
    desk.clock.set(NOW + timedelta(minutes=5))

    assert await desk.passkeys.check(device.sign(options), HERE, passkey) is None


async def test_who_only_asks_leaves_nothing_in_the_store_and_no_answer_counts_from_before_or_after_its_time() -> None:
    desk, device, passkey = await registered()
    before = dict(desk.shelf.kept)
    asked = [desk.passkeys.ask_who(HERE) for _ in range(1000)]
    assert desk.shelf.kept == before
    assert len({json.loads(one)["challenge"] for one in asked}) == 1000

    for seconds in (-61, FRESH.total_seconds()):
        desk.clock.set(NOW + timedelta(seconds=seconds))
        assert await desk.passkeys.check(device.sign(asked[0]), HERE, passkey) is None
    desk.clock.set(NOW + FRESH - timedelta(seconds=1))
    answer = device.sign(asked[0])
    assert await desk.passkeys.check(answer, HERE, passkey) is not None
    assert await desk.passkeys.check(answer, HERE, passkey) is None


async def test_a_question_that_nobody_asked_has_no_answer() -> None:
    desk, device, passkey = await registered()
    options = json.dumps({"challenge": "B" * 43, "rpId": "desk.example"})

    assert await desk.passkeys.check(device.sign(options), HERE, passkey) is None


async def test_a_copy_of_a_passkey_is_found_by_its_count() -> None:
    desk, device, passkey = await registered()
    copy = replace(device)
    assert await desk.use(device, passkey) == 1

    assert await desk.use(copy, replace(passkey, count=1)) is None


async def test_two_thousand_damaged_answers_are_refused_and_none_stops_the_bot() -> None:
    desk, device, passkey = await registered()
    choice = random.Random(6)
    refused = 0
    for number in range(1000):
        bit = 1 << choice.randrange(8)
        place = choice.choice(["clientDataJSON", "authenticatorData", "signature"])
        answer = changed(device.sign(desk.passkeys.ask_who(HERE)), place, choice.randrange(2000), bit)
        refused += await desk.passkeys.check(answer, HERE, replace(passkey, count=0)) is None
        fresh = Authenticator(HERE).make(desk.passkeys.ask_for_new(ANNA, (), HERE))
        half = choice.randrange(len(fresh)) if number % 2 else len(fresh)
        place = choice.choice(["clientDataJSON", "attestationObject"])
        made = fresh[:half] if number % 2 else changed(fresh, place, choice.randrange(2000), bit)
        await desk.passkeys.take_new(made, HERE, "Phone", NOW)

    # Without attestation nobody vouches for a new passkey's bytes; what is signed holds to the last bit.
    assert refused == 1000


NONSENSE = [
    "",
    "null",
    "[]",
    "{}",
    "{",
    '{"rawId":1}',
    '{"rawId":"AA","response":[]}',
    "[" * 100_000,
    '{"response":{}}',
]


NESTED = [
    b"[" * 100_000,
    b"[" * 2000,
    b'{"challenge":' * 2000,
    b"\x81" * 100_000,
    b"\xd8\x1c\x81" * 2000,
    b"\xa1" * 2000,
]


@pytest.mark.parametrize("inner", NESTED)
async def test_what_is_nested_without_end_is_refused(inner: bytes) -> None:
    desk, device, passkey = await registered()
    for place in ("clientDataJSON", "attestationObject"):
        answer = json.loads(Authenticator(HERE).make(desk.passkeys.ask_for_new(ANNA, (), HERE)))
        answer["response"][place] = bytes_to_base64url(inner)
        assert await desk.passkeys.take_new(json.dumps(answer), HERE, "Phone", NOW) is None
    answer = json.loads(device.sign(desk.passkeys.ask_who(HERE)))
    answer["response"]["clientDataJSON"] = bytes_to_base64url(inner)
    assert await desk.passkeys.check(json.dumps(answer), HERE, passkey) is None


@pytest.mark.parametrize("answer", NONSENSE)
async def test_nonsense_is_refused(answer: str) -> None:
    desk, _, passkey = await registered()

    assert read_answer(answer) is None
    assert await desk.passkeys.check(answer, HERE, passkey) is None
    assert await desk.passkeys.take_new(answer, HERE, "Phone", NOW) is None


async def with_passkey(secret: bytes | None = SECRET) -> tuple[House, Session, Authenticator]:
    house = a_house()
    anna = await house.employ("Anna")
    session, device = await house.enter(anna), Authenticator(HERE)
    assert await add(house, session, device, secret) is None
    return house, session, device


async def add(house: House, session: Session, device: Authenticator, secret: bytes | None = SECRET) -> Denied | None:
    member = house.sign_in.member(session.member)
    assert member is not None
    options = house.sign_in.passkeys.ask_for_new(member, (), HERE)
    return await house.sign_in.add_passkey(session, device.make(options), HERE, "Phone", secret)


async def enter(house: House, device: Authenticator, secret: bytes | None = SECRET) -> Session | Denied:
    options = house.sign_in.passkeys.ask_who(HERE)
    return await house.sign_in.with_passkey(device.sign(options), HERE, secret)


async def test_a_passkey_alone_lets_in_and_its_secret_opens_the_key() -> None:
    house, before, device = await with_passkey()
    session = await enter(house, device)

    assert isinstance(session, Session)
    assert (session.member, session.private) == (before.member, before.private)
    assert await house.sign_in.sessions.find(session.cookie, house.clock.now()) == session
    entries, fault = await house.chronicle.read()
    assert fault is None
    assert [one.deed for one in entries][-2:] == [Deed.PASSKEY_ADDED, Deed.SIGNED_IN]


@pytest.mark.parametrize("secret", [None, b"", b"another secret", SECRET + b"!"])
async def test_without_its_secret_the_key_stays_locked_until_the_password_opens_it(secret: bytes | None) -> None:
    house, before, device = await with_passkey()
    session = await enter(house, device, secret)
    assert isinstance(session, Session)
    assert session.private is None

    assert await house.sign_in.unlock(session, "not the password") == Denied(Denial.WRONG)
    opened = await house.sign_in.unlock(session, PASSWORD)

    assert isinstance(opened, Session)
    assert opened.private == before.private
    assert await house.sign_in.sessions.find(session.cookie, house.clock.now()) == opened


async def test_a_passkey_of_a_browser_without_secrets_opens_no_key() -> None:
    house, _, device = await with_passkey(None)
    session = await enter(house, device, SECRET)

    assert isinstance(session, Session)
    assert session.private is None


async def test_a_passkey_that_was_taken_away_lets_nobody_in() -> None:
    house, session, device = await with_passkey()
    await house.sign_in.remove_passkey(session, b"another")
    assert isinstance(await enter(house, device), Session)
    await house.sign_in.remove_passkey(session, device.id)

    assert await enter(house, device) == Denied(Denial.PASSKEY_WRONG)


async def test_using_a_passkey_undoes_nothing_that_happened_meanwhile() -> None:
    house, session, device = await with_passkey()
    assert isinstance(await house.sign_in.change_password(session, PASSWORD, "nine yellow bicycles"), Session)
    assert isinstance(await enter(house, device), Session)
    credential = await house.sign_in.credentials.find(session.member)

    assert credential is not None
    assert (credential.generation, credential.passkeys[0].count) == (2, 1)
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WRONG)


async def test_a_session_that_was_ended_while_the_browser_asked_adds_no_passkey() -> None:
    house, session, _ = await with_passkey()
    passkeys, member = house.sign_in.passkeys, house.sign_in.member(session.member)
    assert member is not None
    options = passkeys.ask_for_new(member, (), HERE)

    class Slow(Passkeys):
        async def take_new(self, answer: str, origin: str, name: str, now: datetime) -> Passkey | None:
            await house.sign_in.credentials.end_sessions(session.member)
            return await passkeys.take_new(answer, origin, name, NOW)

    house.sign_in.passkeys = Slow(house.shelf, NAMES, house.clock)
    thief = Authenticator(HERE)

    assert await house.sign_in.add_passkey(session, thief.make(options), HERE, "Thief", None) == Denied(Denial.OVER)
    assert await enter(house, thief) == Denied(Denial.PASSKEY_WRONG)


async def test_somebody_has_ten_passkeys_at_most() -> None:
    house, session, _ = await with_passkey()
    answers = [await add(house, session, Authenticator(HERE)) for _ in range(MOST_PASSKEYS)]

    assert answers == [None] * (MOST_PASSKEYS - 1) + [Denied(Denial.TOO_MANY)]


async def test_somebody_elses_id_on_an_answer_lets_nobody_in_and_made_up_ones_fill_no_list() -> None:
    house, _, device = await with_passkey()
    await house.employ("Ben")
    before = len((await house.chronicle.read())[0])
    for user in ("id-Ben", "nobody", ""):
        liar = replace(device, user=bytes_to_base64url(user.encode()))
        assert await enter(house, liar) == Denied(Denial.PASSKEY_WRONG)
    stranger = Authenticator(HERE, user=device.user)
    assert await enter(house, stranger) == Denied(Denial.PASSKEY_WRONG)
    assert len((await house.chronicle.read())[0]) == before

    assert await enter(house, replace(device, flags=PRESENT)) == Denied(Denial.PASSKEY_WRONG)
    assert (await house.chronicle.read())[0][-1].deed is Deed.SIGN_IN_FAILED
