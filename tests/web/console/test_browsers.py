"""A night at the helpline, in two real browsers at once: from the invitation to the moment when somebody has to leave.

Screenshots go to the folder that SCREENSHOTS names, for people to look at. Nothing outside this machine is reached.
"""

import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from selenium.webdriver.common.by import By

from bot.desk.actions import ByStaff, Claim, Write
from bot.desk.letters import Missed, NotShown, PersonAgreed, PersonAnswered, PersonErased, Showed, StaffAsked
from bot.desk.ticket import StaffId, TicketId, Urgency
from bot.dialogue.script import Script
from bot.messages import ArrivalId, Language
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from bot.turns import TicketArrival
from tests.store.servers import a_server
from tests.web.browsers import IN_A_BROWSER, LAPTOP, PHONE, Beside, Desk
from tests.web.console.desk_house import (
    BEN,
    CHAN,
    EN,
    HOME,
    KM,
    OTHER,
    PASSWORD,
    SUE,
    DeskHouse,
    a_desk_house,
    a_script,
)

WORDS = "အလုပ်ရှင်က ကျွန်တော့် ပတ်စ်ပို့ကို ယူထားပြီး ထွက်ခွင့်မပေးဘူး"

pytestmark = IN_A_BROWSER

Night: TypeAlias = Beside[DeskHouse]


@pytest.fixture
def night(page_script: Script, quick_folder: Path) -> Iterator[Night]:
    night = Beside(a_desk_house(a_script(page_script), quick_folder), lambda house: house.base)
    yield night
    night.end()


@asynccontextmanager
async def _on(url: str, script: Script, folder: Path) -> AsyncIterator[DeskHouse]:
    store = open_store(url, Vault(b"i" * 32, {1: b"w" * 32}, 1))
    async with a_desk_house(a_script(script), folder, on=store) as house:
        yield house
    await store.close()


@pytest.fixture
def phone(night: Night) -> Iterator[Desk]:
    phone = Desk(night.base, PHONE)
    yield phone
    phone.quit()


@pytest.fixture
def desks(night: Night) -> Iterator[tuple[Desk, Desk]]:
    opened = (Desk(night.base, LAPTOP), Desk(night.base, PHONE))
    yield opened
    for desk in opened:
        desk.quit()


def test_a_night_at_the_helpline(night: Night, desks: tuple[Desk, Desk]) -> None:
    house, (sue, ben) = night.house, desks
    _speak(night, BEN, KM)
    _join(night, sue, SUE)
    _add_passkey(sue)
    _sign_in_by_passkey(sue)
    _join(night, ben, BEN)
    ben.go("/desk")
    ben.press("form[action='/desk/sign-out'] button")
    _sign_in_by_password(night, ben, BEN)

    sue.go("/desk?tab=unassigned")
    ben.go("/desk?tab=unassigned")
    name = night.do(house.open(urgency=Urgency.EMERGENCY))
    alias = night.do(house.ticket(name)).alias
    began = time.monotonic()
    for desk in (ben, sue):
        desk.until_shown(alias)
        desk.until(lambda desk=desk: desk.driver.title.startswith("(1)"))  # type: ignore[misc]
    sys.stdout.write(f"an urgent call is in both inboxes after {time.monotonic() - began:.2f} s\n")
    ben.until(lambda: alias in str(ben.driver.execute_script("return document.getElementById('news').textContent")))

    night.do(house.tell(name, WORDS))
    ben.press(f"#row-{_css(name)} a.open")
    ben.until_shown(WORDS)
    ben.send("claim")
    ben.until(lambda: night.do(house.ticket(name)).holder == BEN)
    _phrase_goes_and_answer_comes(night, ben, name)
    ben.fill(words="យើងកំពុងរកជំនួយជូនអ្នក។")
    ben.press("#composer form button.main")
    ben.until_shown("យើងកំពុងរកជំនួយជូនអ្នក។")

    night.do(_with_key(house, CHAN))
    ben.go(f"/desk/case/{name}")
    ben.picture("case-while-talking")
    ben.send("refer")
    ben.until(lambda: night.do(house.ticket(name)).referral is not None)
    night.do(house.tell(name, PersonAgreed(OTHER, agreed=True)))
    ben.go(f"/desk/case/{name}")
    ben.press("form[action$='/do/cancel-referral'] button")
    ben.press("#t-close input[value=helped]")
    ben.send("close")
    ben.until(lambda: not night.do(house.ticket(name)).is_open)

    ben.go("/desk")
    sue.go(f"/desk/staff/{BEN}/remove")
    began = time.monotonic()
    sue.press("main form button")
    ben.until(lambda: ben.path == "/desk/sign-in")
    took = time.monotonic() - began
    sys.stdout.write(f"the other browser was out {took:.2f} s after the press\n")
    assert took < 5


@pytest.mark.parametrize("language", ["km", "my", "th", "en"])
def test_every_page_holds_on_a_phone_and_on_a_laptop(night: Night, language: str) -> None:
    desk = Desk(night.base, LAPTOP)
    try:
        house = night.house
        _speak(night, SUE, Language(language))
        _join(night, desk, SUE)
        names = [night.do(house.open(number, urgency=urgency)) for number, urgency in enumerate(Urgency, 1)]
        for name in names:
            night.do(house.tell(name, WORDS))
        night.do(_write_in_vain(house, names[0]))
        paths = {
            "inbox": "/desk?tab=unassigned",
            "case": f"/desk/case/{names[0]}",
            "phrases": f"/desk/case/{names[0]}/phrases",
            "overview": "/desk/overview",
            "staff": "/desk/staff",
            "account": "/desk/account",
            "sign-in": f"/desk/sign-in?lang={language}",
        }
        for size in (PHONE, LAPTOP, (320, 640)):
            desk.resize(size)
            for page, path in paths.items():
                desk.go(path)
                assert desk.driver.find_elements(By.TAG_NAME, "h1"), page
                assert not desk.is_too_wide(), (page, size)
                assert bool(desk.driver.find_elements(By.CSS_SELECTOR, "p.failed + form button")) == (page == "case")
                desk.picture(f"{page}-{language}-{size[0]}")
        _is_light(desk, paths)
    finally:
        desk.quit()


KEEP_MINUTELY = """
const real = window.setInterval;
window.minutely = [];
window.setInterval = (done, every) => { if (every === 60000) window.minutely.push(done); return real(done, every); };
"""
COUNT_TONES = """
const made = AudioContext.prototype.createOscillator;
window.tones = 0;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return made.call(this); };
"""


def test_what_is_to_ring_rings_on_every_page_of_the_night_and_says_when_it_is_over(night: Night, phone: Desk) -> None:
    house = night.house
    phone.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COUNT_TONES})
    _join(night, phone, BEN)
    name = night.do(house.open(1))
    phone.go("/desk")
    phone.press("#alerts")
    phone.until(lambda: phone.see("#alerts").startswith("Rings"))
    phone.press(f"#row-{_css(name)} a.open")
    phone.until(lambda: phone.path == f"/desk/case/{name}")
    assert not phone.driver.find_element(By.ID, "alerts").is_displayed(), "it is said only where it does not ring"
    assert _tones(phone) == 0

    other = night.do(house.open(2, urgency=Urgency.EMERGENCY))
    phone.until(lambda: _tones(phone) == 3)
    phone.until(lambda: phone.driver.title.startswith("(1) "))
    night.do(house.tickets.take(TicketArrival(other, ArrivalId(b"taken"), ByStaff(SUE, Claim(), HOME))))
    night.do(house.board.look())
    phone.until(lambda: not phone.driver.title.startswith("("))

    phone.fill(words="Are you safe now?")
    night.do(house.sign_in.credentials.end_sessions(BEN))
    phone.until(lambda: phone.driver.find_element(By.ID, "words").get_attribute("value") == "Are you safe now?")
    phone.until(lambda: _tones(phone) == 3)
    assert phone.driver.title.startswith("(!) ")
    assert night.do(house.letters(name)) == []
    phone.picture("signed-out-while-writing")


def test_what_a_person_has_deleted_goes_from_an_open_page(night: Night, phone: Desk) -> None:
    house = night.house
    _join(night, phone, BEN)
    name = night.do(house.open(1))
    night.do(house.tell(name, WORDS))
    phone.go(f"/desk/case/{name}")
    phone.until_shown(WORDS)
    night.do(house.tell(name, PersonErased()))
    phone.until_shown("The case may have been deleted")
    assert WORDS not in phone.driver.page_source
    phone.picture("deleted-meanwhile")


def test_how_long_a_case_waits_is_told_anew_though_nothing_happens(night: Night, phone: Desk) -> None:
    house = night.house
    phone.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": KEEP_MINUTELY})
    _join(night, phone, BEN)
    night.do(house.open(1))
    phone.go("/desk?tab=unassigned")
    phone.until_shown("just now")
    house.clock.set(house.clock.now() + timedelta(minutes=9))
    phone.until(lambda: not phone.driver.execute_script("window.minutely.forEach((done) => done())"))
    phone.until_shown("9 min")


def _tones(desk: Desk) -> int:
    return int(desk.driver.execute_script("return window.tones"))


@pytest.mark.parametrize("language", ["km", "my"])
def test_an_open_page_says_that_the_store_is_away_and_goes_on_when_it_is_back(
    page_script: Script, quick_folder: Path, language: str
) -> None:
    with a_server() as valkey:
        night = Beside(_on(valkey.url, page_script, quick_folder), lambda house: house.base)
        desk = Desk(night.base, PHONE, f"--accept-lang={language}")
        try:
            _speak(night, BEN, Language(language))
            _join(night, desk, BEN)
            name = night.do(night.house.open(1))
            desk.go(f"/desk/case/{name}")
            valkey.kill()
            told = desk.driver.find_element(By.TAG_NAME, "body").get_attribute("data-away")
            desk.until_shown(str(told))
            assert not desk.is_too_wide()
            desk.driver.execute_script("scrollTo(0, document.body.scrollHeight)")
            desk.picture(f"away-case-{language}")
            desk.fill(words="Are you safe now?")
            desk.press("#composer form button.main")
            desk.until(lambda: bool(desk.driver.find_elements(By.CSS_SELECTOR, "textarea[readonly]")))
            assert not desk.is_too_wide()
            desk.picture(f"away-sent-{language}")
            valkey.start()
            night.do(night.house.until_store_is_back())
            desk.press("main form button.main")
            desk.until(lambda: desk.path == f"/desk/case/{name}" and "Are you safe now?" in desk.text)

            valkey.kill()
            desk.until_shown(str(told))
            # Whoever comes back to the page meanwhile finds no stream, and must not wait for one in vain.
            desk.go("/desk")
            desk.picture(f"away-inbox-{language}")
            valkey.start()
            night.do(night.house.until_store_is_back())
            desk.press("main a.main")
            desk.until(lambda: desk.path == "/desk")
            desk.until(lambda: not desk.driver.find_element(By.ID, "state").is_displayed())
            other = night.do(night.house.open(2))
            desk.until_shown(night.do(night.house.ticket(other)).alias)
        finally:
            desk.quit()
            night.end()


def _is_light(desk: Desk, paths: dict[str, str]) -> None:
    """The first page with all that it loads is under 150 KB on the way."""
    desk.go(paths["inbox"])
    script = (
        "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    weight = int(desk.driver.execute_script(script))
    sys.stdout.write(f"the inbox weighs {weight / 1024:.0f} KB\n")
    assert weight < 150 * 1024
    origins = desk.driver.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    assert all(str(one).startswith((desk.base, "data:")) for one in origins)


def _speak(night: Night, who: StaffId, language: Language) -> None:
    async def change() -> None:
        roster = night.house.roster

        await roster.change(
            lambda old: replace(old, members={**old.members, who: replace(old.members[who], language=language)})
        )

    night.do(change())


def _join(night: Night, desk: Desk, who: StaffId) -> None:
    house = night.house
    code = night.do(house.enrolment.invite_again(house.roster.current().members[who]))
    desk.go(f"/desk/join?code={code}")
    (secret,) = re.findall(r'name="secret" value="([A-Z2-7]+)"', desk.driver.page_source)
    house.secrets[who] = secret
    desk.fill(password=PASSWORD, again=PASSWORD, totp=house.code(who))
    desk.press("main form button.main")
    desk.until(lambda: house.roster.current().members[who].key is not None)


def _add_passkey(desk: Desk) -> None:
    desk.driver.execute_cdp_cmd("WebAuthn.enable", {})
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "hasPrf": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    desk.driver.execute_cdp_cmd("WebAuthn.addVirtualAuthenticator", {"options": options})
    desk.go("/desk/account")
    desk.until(lambda: desk.driver.find_element(By.CSS_SELECTOR, "form.passkey").is_displayed())
    desk.fill(label="Laptop")
    desk.press("form.passkey button")
    desk.until_shown("Laptop")


def _sign_in_by_passkey(desk: Desk) -> None:
    desk.press("form[action='/desk/sign-out'] button")
    desk.until(lambda: desk.path == "/desk/sign-in")
    desk.press("form.passkey button")
    desk.until(lambda: desk.path == "/desk")
    assert not desk.driver.find_elements(By.CSS_SELECTOR, "a[href='/desk/unlock']"), "the passkey unlocks, too"


def _sign_in_by_password(night: Night, desk: Desk, who: StaffId) -> None:
    desk.until(lambda: desk.path == "/desk/sign-in")
    name = night.house.roster.current().members[who].name
    desk.fill(name=name, password=PASSWORD)
    desk.press("main form button.main")
    desk.until(lambda: desk.path == "/desk/code")
    desk.fill(code=night.house.code(who))
    desk.press("main form button.main")
    desk.until(lambda: desk.path == "/desk")


def _phrase_goes_and_answer_comes(night: Night, desk: Desk, name: TicketId) -> None:
    """A counsellor who reads Khmer sends a phrase, and reads the answer of somebody who reads Burmese, in Khmer."""
    house = night.house
    desk.go(f"/desk/case/{name}/phrases")
    card = desk.driver.find_element(By.CSS_SELECTOR, "form[action$='/do/card'] [name=card]").get_attribute("value")
    desk.picture("phrases-while-sending")
    desk.press("form[action$='/do/card'] button")
    desk.until(lambda: any(isinstance(one.letter, StaffAsked) for one in night.do(house.letters(name))))
    (asked,) = [one.letter for one in night.do(house.letters(name)) if isinstance(one.letter, StaffAsked)]
    assert asked.card == card
    desk.go(f"/desk/case/{name}")
    before = desk.text
    night.do(house.tell(name, Showed(asked.ref, opened=True)))
    night.do(house.tell(name, PersonAnswered(asked.card, "yes")))
    desk.until(lambda: desk.text != before)


async def _write_in_vain(house: DeskHouse, name: TicketId) -> None:
    """Somebody's words do not reach the person, and can be sent once more."""
    write = ByStaff(SUE, Write("Are you safe now?", EN, "console:r1"), HOME)
    await house.tickets.take(TicketArrival(name, ArrivalId(b"in vain!"), write))
    await house.tell(name, NotShown("console:r1", Missed.EXPIRED))


async def _with_key(house: DeskHouse, who: StaffId) -> None:
    """Somebody at the other helpline can read, so that it can take calls."""
    members = house.roster.current().members
    await house.roster.change(
        lambda old: replace(old, members={**old.members, who: replace(members[who], key=bytes(range(32)))})
    )


def _css(name: str) -> str:
    return name.replace("~", "\\~")
