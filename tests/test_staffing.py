"""The commands that enrol staff and link groups, over a real store."""

import re
from pathlib import Path

import pyotp
import pytest

from bot import staffing
from bot.guard.one_time_codes import new_secret
from bot.guard.sessions import Session
from bot.guard.sign_in import Denied
from bot.settings import Settings
from tests.whole.running_bot import CONTENT


@pytest.fixture
def settings(quick_folder: Path) -> Settings:
    return Settings(data_dir=quick_folder / "var", content_dir=CONTENT)


async def test_somebody_is_invited_listed_and_removed(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        assert staffing.staff(office) == ["Nobody is enrolled yet; see: waymark staff invite --help"]
        lines = await staffing.invite(office, "Dara", "responder", ["example-thailand"], ["km"], "waymark_bot")
        assert any(re.search(r"/staff \S{16}", line) for line in lines)
        assert any("https://t.me/waymark_bot?start=staff_" in line for line in lines)
        with pytest.raises(staffing.StaffingError, match="works here already"):
            await staffing.invite(office, "dara", "responder", ["example-thailand"], [], None)
    # The next command starts the store anew: what was written stays.
    async with staffing.open_office(settings) as office:
        assert "Dara  responder  example-thailand  invited, not enrolled yet" in staffing.staff(office)[0]
        assert await staffing.remove(office, "DARA") == ["Dara does not work here any more."]
        with pytest.raises(staffing.StaffingError, match="nobody with this id or name"):
            await staffing.remove(office, "Dara")


async def test_an_example_is_not_linked_and_unknown_helplines_are_named(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        with pytest.raises(staffing.StaffingError, match="is an example"):
            await staffing.link(office, "example-thailand")
        with pytest.raises(staffing.StaffingError, match=r"no helpline is called 'none'.*example-thailand"):
            await staffing.link(office, "none")
        with pytest.raises(staffing.StaffingError, match="not linked"):
            await staffing.take_apart(office, "example-thailand")
        overview = await staffing.overview(office)

    assert any(line.startswith("example-thailand, takes no cases yet, not linked, 0 enrolled") for line in overview)


async def test_a_code_enrols_once_and_a_group_is_linked(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        lines = await staffing.invite(office, "Dara", "supervisor", ["example-thailand"], [], None)
        code = next(line.split()[-1] for line in lines if "/staff" in line)
        assert await office.enrolment.enrol("wrong", "700") == "code-wrong"
        assert await office.enrolment.enrol(code, "700") == "enrolled"
        assert await office.enrolment.enrol(code, "701") == "code-wrong"
        group = await office.enrolment.invite_group(next(iter(office.helplines.all)))
        assert await office.enrolment.link(group, "700") == "link-failed-not-group"
        assert await office.enrolment.link(group, "-100") == "linked"
        overview = await staffing.overview(office)

    assert any("takes cases, linked, 1 enrolled" in line for line in overview)


async def test_two_of_three_sheets_of_paper_give_a_new_password_and_everything_is_written_down(
    settings: Settings,
) -> None:
    async with staffing.open_office(settings) as office:
        paper = await staffing.make_paper_key(office)
        shares = [line for line in paper if line.startswith("WR1-")]
        lines = await staffing.invite(office, "Dara", "responder", ["example-thailand"], ["km"], None)
        (code,) = [line.split("code=")[1] for line in lines if "/desk/join?code=" in line]
        secret = new_secret()
        digits = pyotp.TOTP(secret).at(office.clock.now())
        joined = await office.sign_in.join(code, "a long enough password", secret, digits)
        assert isinstance(joined, Session)

        with pytest.raises(staffing.StaffingError, match="twice"):
            await staffing.recover(office, "Dara", shares[0], shares[0])
        told = await staffing.recover(office, "Dara", shares[0], shares[2])
        password = told[-1].strip()
        assert isinstance(await office.sign_in.with_password("Dara", "a long enough password"), Denied)
        assert isinstance(await office.sign_in.with_password("Dara", password), Session)
        assert await office.sign_in.sessions.find(joined.cookie, office.clock.now()) is None

        await staffing.remove(office, "Dara")
        assert isinstance(await office.sign_in.with_password("Dara", password), Denied)
        listed, is_whole = await staffing.audit(office)
    assert is_whole
    for deed in ("invited", "joined", "signed-in", "recovered", "sign-in-failed", "removed"):
        assert any(f" {deed}" in line for line in listed), deed
