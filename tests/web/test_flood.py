"""The chat page puts off what one visitor sends beyond what people do, and never a call for help or a way out."""

from collections import Counter

from bot.dialogue.script import Script
from bot.turns.floodgate import AT_ONCE, Floodgate
from tests.fakes import ManualClock
from tests.web.house import House, Phone


async def flooded(phone: Phone, times: int = AT_ONCE + 10) -> Counter[int]:
    return Counter([(await phone.say("minimum wage")).status for _ in range(times)])


async def test_a_flood_is_put_off_and_nothing_of_it_is_lost(page_script: Script) -> None:
    clock = ManualClock()
    house = House(page_script, gate=Floodgate(clock))
    async with house.open() as base, Phone(base) as phone:
        await phone.walk("en", "go-on", "kh", "th")
        before = len(house.store.commits)
        statuses = await flooded(phone)
        taken = len(house.store.commits) - before

        assert set(statuses) == {200, 429}
        assert statuses[200] == taken
        assert statuses[429] >= 10
        # The same form, sent again when there is room, takes effect.
        fields = {"words": "minimum wage", "nonce": f"nonce-{AT_ONCE + 10:04}"}
        refused = await phone.ask("POST", "/chat/say", fields)
        assert refused.status == 429
        assert refused.headers["Retry-After"]
        assert "191" in refused.text
        clock.set(clock.now().replace(minute=5))
        assert (await phone.ask("POST", "/chat/say", fields)).status == 303
        assert len(house.store.commits) - before == taken + 1


async def test_calls_and_ways_out_get_in_and_others_do_not_wait(page_script: Script) -> None:
    house = House(page_script, gate=Floodgate(ManualClock()))
    async with house.open() as base, Phone(base) as phone, Phone(base) as other:
        await phone.walk("en", "go-on", "kh", "th")
        await other.walk("en", "go-on", "kh", "th")
        await flooded(phone)

        assert (await phone.say("talk to a person")).status == 200
        assert (await phone.say("x")).status == 200
        assert (await phone.say("minimum wage")).status == 429
        assert (await phone.get("/")).status == 200
        assert (await other.say("minimum wage")).status == 200
        assert (await phone.ask("POST", "/chat/exit", {})).status == 200


async def test_without_a_gate_nothing_is_put_off(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on", "kh", "th")

    assert set(await flooded(phone, AT_ONCE + 3)) == {200}
    assert house.gate is None
