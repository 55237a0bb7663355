"""The commands `waymark staff …`, `waymark helpline …` and `waymark audit`, whether or not the bot runs."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO

import segno

from bot.casebook import ShareError, join_shares, load_writers, make_recovery
from bot.clock import Clock, SystemClock
from bot.compiler import KeywordsOnly, compile_content
from bot.desk.enrolling import EnrolRefusal, find_member, leave, unlink
from bot.desk.helplines import Helpline, HelplineId, Helplines
from bot.desk.staff import Member, Role, can_take
from bot.desk.ticket import TicketId
from bot.enrolment import Enrolment, staff_lines
from bot.guard.audit import COMMAND_LINE, Chronicle, Deed
from bot.guard.sign_in import SignIn
from bot.live import live_folder
from bot.messages import Language
from bot.roster import LiveRoster
from bot.settings import Settings
from bot.store.durability import replicas_to_prove
from bot.store.embedded import EmbeddedValkey, find_running
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.store.secrets import load_or_make
from bot.store.shelf import Shelf
from bot.studio.archive import Archive, examine_with

_REFUSALS = {
    EnrolRefusal.NAME_TAKEN: "somebody with this name works here already; choose another working name",
    EnrolRefusal.NO_SUCH_MEMBER: "nobody with this id or name works here; see: waymark staff list",
    EnrolRefusal.NOT_LINKED: "this helpline is not linked to a group; see: waymark helpline list",
}


class StaffingError(Exception):
    """What was asked for cannot be done; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that the commands need."""

    store: RedisStore
    roster: LiveRoster
    enrolment: Enrolment
    clock: Clock
    helplines: Helplines
    sign_in: SignIn
    chronicle: Chronicle
    console: str
    """Where the console stands."""


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    """The store as it stands: that of a running bot, or its own for this moment."""
    clock = SystemClock()
    vault = load_or_make(settings.data_dir, clock.now().date()).vault()
    url = settings.store_url or find_running(settings.data_dir)
    if url is not None:
        async with _office(url, vault, clock, settings) as office:
            yield office
        return
    async with (
        EmbeddedValkey(settings.data_dir) as valkey,
        _office(valkey.bot_url, vault, clock, settings) as office,
    ):
        yield office


@asynccontextmanager
async def _office(url: str, vault: Vault, clock: Clock, settings: Settings) -> AsyncIterator[Office]:
    store = open_store(url, vault, replicas=await replicas_to_prove(url))
    roster = LiveRoster(store, clock)
    try:
        await roster.read()
        helplines = await _helplines(store.shelf(), clock, settings)
        writers = load_writers(settings.data_dir / "keys")
        chronicle = Chronicle(store.shelf(), writers.newest, writers.publics)
        sign_in = SignIn(store.shelf(), roster, vault, chronicle, clock)
        console = settings.public_url or f"http://localhost:{settings.http_port}"
        yield Office(store, roster, Enrolment(roster, vault, clock), clock, helplines, sign_in, chronicle, console)
    finally:
        await store.close()


async def _helplines(shelf: Shelf, clock: Clock, settings: Settings) -> Helplines:
    """Those that are live: of the version that was published, or of the folder."""
    archive = Archive(shelf, settings.content_dir, settings.data_dir, clock, examine_with(KeywordsOnly))
    folder = await live_folder(archive, settings.content_dir)
    return compile_content(folder, clock.now().date()).script.helplines


async def invite(
    office: Office, name: str, role: str, helplines: list[str], languages: list[str], bot: str | None
) -> list[str]:
    """Make a code for somebody new."""
    wanted = frozenset(_declared(office, one).id for one in helplines)
    code = await office.enrolment.invite(name, Role(role), wanted, tuple(Language(one) for one in languages))
    if isinstance(code, EnrolRefusal):
        raise StaffingError(_REFUSALS[code])
    await office.chronicle.note(office.clock.now(), COMMAND_LINE, Deed.INVITED, name)
    return _invitation(office, name, code, bot)


async def invite_again(office: Office, name: str, bot: str | None) -> list[str]:
    """Make a code for somebody who works here: for Telegram beside the console, or because they cannot get in."""
    found = _member(office, name)
    code = await office.enrolment.invite_again(found)
    if isinstance(code, EnrolRefusal):
        raise StaffingError(_REFUSALS[code])
    await office.chronicle.note(office.clock.now(), COMMAND_LINE, Deed.INVITED, found.id)
    return _invitation(office, found.name, code, bot)


async def make_paper_key(office: Office) -> list[str]:
    """Make the key on paper: three shares, shown once, of which any two open what staff have forgotten how to."""
    public, shares = make_recovery()
    await office.roster.change(lambda roster: replace(roster, recovery=public))
    return [
        "The key on paper, in three shares. Print each on a sheet of its own and give them to three people who are not",
        "in one place, such as the head of the helpline, the data protection officer, and somebody outside whom both",
        "trust. Any two of them together can open what people told; one alone says nothing. They are not shown again,",
        "and a key that was made before opens nothing that is told from now on. Staff who have joined the console",
        "already are covered once they join anew (waymark staff again).",
        "",
        *(line for share in shares for line in (share, "")),
    ]


async def recover(office: Office, name: str, first: str, second: str) -> list[str]:
    """Give somebody a new password, with two shares of the key on paper."""
    found = _member(office, name)
    try:
        key = join_shares(first, second)
    except ShareError as error:
        raise StaffingError(str(error)) from error
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    if not await office.sign_in.recover(found.id, key.private, password):
        raise StaffingError(
            f"nothing of {found.name} was sealed to this key; invite them anew with: waymark staff again {found.name}"
        )
    return [
        f"{found.name} signs in with this password, once more with their code, and then chooses another:",
        "",
        f"  {password}",
    ]


async def audit(office: Office) -> tuple[list[str], bool]:
    """Who did what, oldest first, and whether the list is whole."""
    entries, fault = await office.chronicle.read()
    names = {one.id: one.name for one in office.roster.current().members.values()}
    lines = [
        " ".join(
            part
            for part in (
                f"{entry.number:6}",
                f"{entry.at:%Y-%m-%d %H:%M}",
                names.get(entry.staff, entry.staff),
                entry.deed,
                entry.what,
                f"({entry.why})" if entry.why else "",
            )
            if part
        )
        for entry in entries
    ]
    if fault is None:
        return [*lines, f"{len(entries)} entries; the list is whole."], True
    return [*lines, f"The list is NOT whole: {fault[1]}, at entry {fault[0]} of {len(entries)}."], False


def _invitation(office: Office, name: str, code: str, bot: str | None) -> list[str]:
    lines = [
        f"{name} enrols with this code, once, within 48 hours.",
        "",
        "For the console, by this link:",
        "",
        f"  {office.console}/desk/join?code={code}",
        "",
        "Or for Telegram, written to the bot in a private chat:",
        "",
        f"  /staff {code}",
    ]
    if bot:
        address = f"https://t.me/{bot}?start=staff_{code}"
        return [*lines, "", "or by this link:", "", f"  {address}", "", _qr(address)]
    return lines


def _member(office: Office, name: str) -> Member:
    found = find_member(office.roster.current(), name)
    if found is None:
        raise StaffingError(_REFUSALS[EnrolRefusal.NO_SUCH_MEMBER])
    return found


async def remove(office: Office, name: str) -> list[str]:
    """End all rights of somebody, everywhere, within a second; what they held is called for anew."""
    found = _member(office, name)
    await office.chronicle.note(office.clock.now(), COMMAND_LINE, Deed.REMOVED, found.id)
    await office.roster.change(partial(leave, member=found.id, now=office.clock.now()))
    await office.sign_in.credentials.forget(found.id)
    held: list[TicketId] = []
    for ticket in await office.store.open_tickets():
        snapshot = await office.store.load_ticket(ticket)
        if snapshot.ticket is not None and snapshot.ticket.holder == found.id:
            held.append(ticket)
    lines = [f"{found.name} does not work here any more."]
    if held:
        lines.append(f"{len(held)} cases that they held are being given to others.")
    return lines


def staff(office: Office) -> list[str]:
    """Who works here."""
    return staff_lines(office.roster.current()) or ["Nobody is enrolled yet; see: waymark staff invite --help"]


async def link(office: Office, name: str) -> list[str]:
    """Make a code for a helpline's group."""
    helpline = _declared(office, name)
    if helpline.is_example:
        raise StaffingError(
            f"'{name}' is an example; write your own helpline into content/helplines.yaml and take its line "
            "'example:' away"
        )
    code = await office.enrolment.invite_group(helpline.id)
    return [
        f"Add the bot to the group of {helpline.id} as an administrator who may manage topics and delete messages,",
        "turn Topics on, and write this in the group, within 48 hours:",
        "",
        f"  /link {code}",
    ]


async def take_apart(office: Office, name: str) -> list[str]:
    """A helpline takes no cases any more."""
    helpline = HelplineId(name)
    changed = await office.roster.change(partial(unlink, helpline=helpline))
    if isinstance(changed, EnrolRefusal):
        raise StaffingError(_REFUSALS[changed])
    return [f"{name} is not linked any more and is offered to nobody."]


async def overview(office: Office) -> list[str]:
    """Each helpline, and whether it can take cases."""
    roster, now = office.roster.current(), office.clock.now()
    held = [(await office.store.load_ticket(one)).ticket for one in await office.store.open_tickets()]
    lines = []
    for helpline in office.helplines.all.values():
        staff_number = len(roster.staff_of(helpline.id))
        is_linked = helpline.id in roster.links
        open_cases = sum(ticket is not None and ticket.helpline == helpline.id for ticket in held)
        state = "takes cases" if can_take(helpline, roster) else "takes no cases yet"
        words = [
            helpline.id,
            state,
            "linked" if is_linked else "not linked",
            f"{staff_number} enrolled",
            "on duty now" if office.helplines.is_open(helpline.id, now) else "not on duty now",
            f"{open_cases} open cases",
            helpline.mode,
        ]
        lines.append(", ".join([*words, *(["example"] if helpline.is_example else [])]))
    return lines or ["content/helplines.yaml declares no helpline"]


def _declared(office: Office, name: str) -> Helpline:
    found = office.helplines.all.get(HelplineId(name))
    if found is None:
        known = ", ".join(office.helplines.all) or "none"
        raise StaffingError(f"no helpline is called '{name}'; content/helplines.yaml has {known}")
    return found


def _qr(address: str) -> str:
    out = StringIO()
    segno.make(address, error="m").terminal(out, compact=True)
    return out.getvalue()
