"""How somebody gets in: password and one-time code, or a passkey; and how they came to have them.

Unknown names take as long and get the same answer as wrong passwords. Whatever is done here is written down first
where it changes anything.
"""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.casebook import new_key
from bot.clock import Clock
from bot.desk.enrolling import EnrolRefusal, find_member, give_key, invited
from bot.desk.staff import Member
from bot.desk.ticket import StaffId
from bot.guard.audit import Chronicle, Deed
from bot.guard.credentials import Credential, Credentials, Lock, Passkey
from bot.guard.known_browsers import KnownBrowsers
from bot.guard.locks import (
    Stretching,
    is_weak,
    lock_for_recovery,
    lock_with_password,
    lock_with_secret,
    secret_of,
    unlock_for_recovery,
    unlock_with_password,
    unlock_with_secret,
)
from bot.guard.one_time_codes import OneTimeCodes
from bot.guard.passkeys import Passkeys, read_answer
from bot.guard.sessions import Session, Sessions
from bot.guard.throttle import Throttle
from bot.roster import LiveRoster
from bot.store.sealing import Vault
from bot.store.shelf import Shelf, ShelfKind

MOST_PASSKEYS: Final = 10
_AT_ONCE: Final = 2
"""So many passwords are stretched at a time: each takes its memory."""

_PURPOSE: Final = "passkey"


class Denial(StrEnum):
    """Why somebody does not get in, or something is not changed."""

    WRONG = "wrong"
    WAIT = "wait"
    CODE_WRONG = "code-wrong"
    INVITATION_WRONG = "invitation-wrong"
    INVITATION_EXPIRED = "invitation-expired"
    WEAK = "weak"
    PASSKEY_WRONG = "passkey-wrong"
    TOO_MANY = "too-many"
    OVER = "over"
    """It took too long; begin again."""


@dataclass(frozen=True, slots=True)
class Denied:
    """No; with `wait` seconds to go where it is only for now."""

    why: Denial
    wait: int = 0


class SignIn:
    """Lets staff in. Every method may raise StoreError; nothing has happened then that matters."""

    def __init__(
        self,
        shelf: Shelf,
        roster: LiveRoster,
        vault: Vault,
        chronicle: Chronicle,
        clock: Clock,
        stretching: Stretching | None = None,
    ) -> None:
        self.credentials = Credentials(shelf)
        self.sessions = Sessions(shelf, self.credentials)
        self.passkeys = Passkeys(shelf, vault, clock)
        self._pending = Sessions(shelf, self.credentials, ShelfKind.PENDING)
        self._codes = OneTimeCodes(shelf)
        self._throttle = Throttle(shelf)
        self.browsers = KnownBrowsers(vault)
        self._roster = roster
        self._vault = vault
        self._chronicle = chronicle
        self._clock = clock
        self._stretching = stretching or Stretching()
        self._line = asyncio.Semaphore(_AT_ONCE)
        # It opens for no password, and trying takes as long as with anybody's.
        self._nobody = Lock(bytes(16), self._stretching.passes, self._stretching.memory, bytes(72))

    async def with_password(self, name: str, password: str, mark: str = "") -> Session | Denied:
        """The first factor; what comes back still owes the one-time code. `mark` is that of the browser, if any."""
        member = find_member(self._roster.current(), name)
        counter = (f"nobody\0{name.strip()}", False) if member is None else self._password_at(member, mark)
        found = await self._try(member, password, counter)
        if isinstance(found, Denied):
            return found
        member, private = found
        return await self._pending.begin(member.id, private, self._clock.now())

    async def with_code(self, pending: str, code: str, mark: str = "") -> Session | Denied:
        """The second factor; then they are in, and their key is unlocked."""
        now = self._clock.now()
        # Trying is no use: what is owed is owed within five minutes.
        session = await self._pending.find(pending, now, is_use=False)
        member = None if session is None else self.member(session.member)
        credential = None if session is None else await self.credentials.find(session.member)
        if session is None or member is None or credential is None:
            return Denied(Denial.OVER)
        counter, is_known = self.browsers.counter("code", member.id, mark)
        wait = await self._throttle.wait_for(counter, now, is_known=is_known)
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        if not await self._codes.accept(member.id, credential.one_time, code, now):
            await self._chronicle.note(now, member.id, Deed.SIGN_IN_FAILED)
            return Denied(Denial.CODE_WRONG)
        await self._pending.end(pending)
        await self._throttle.succeeded(counter)
        await self._throttle.succeeded(self._password_at(member, mark)[0])
        return await self._begin(member.id, session.private)

    async def with_passkey(self, answer: str, origin: str, secret: bytes | None) -> Session | Denied:
        """A passkey alone: it is two factors by itself. Their key is unlocked where it gave a secret."""
        told = read_answer(answer)
        member = None if told is None else self.member(StaffId(told[1]))
        credential = None if member is None else await self.credentials.find(member.id)
        known = () if credential is None else credential.passkeys
        passkey = next((one for one in known if told is not None and one.id == told[0]), None)
        if member is None or passkey is None:
            # Not written down: whoever makes up ids could fill the list of who did what.
            return Denied(Denial.PASSKEY_WRONG)
        count = await self.passkeys.check(answer, origin, passkey)
        kept = None if count is None else await self._count(member, passkey, count)
        if kept is None:
            await self._chronicle.note(self._clock.now(), member.id, Deed.SIGN_IN_FAILED)
            return Denied(Denial.PASSKEY_WRONG)
        private = None
        if passkey.sealed is not None and secret is not None:
            private = unlock_with_secret(passkey.sealed, secret_of(secret, _PURPOSE))
        return await self._begin(member.id, private)

    async def from_telegram(self, telegram: str, password: str, mark: str = "") -> Session | Denied:
        """Telegram has said who it is; the password is the second factor."""
        member = self._roster.current().by_telegram(telegram)
        if member is None:
            return Denied(Denial.WRONG)
        counter = self._password_at(member, mark)
        found = await self._try(member, password, counter)
        if isinstance(found, Denied):
            return found
        await self._throttle.succeeded(counter[0])
        return await self._begin(found[0].id, found[1])

    async def unlock(self, session: Session, password: str) -> Session | Denied:
        """Unlock the key of a session that a passkey began."""
        member = self.member(session.member)
        if member is None:
            return Denied(Denial.OVER)
        found = await self._try(member, password, _within(member))
        if isinstance(found, Denied):
            return found
        await self._throttle.succeeded(_within(member)[0])
        return await self.sessions.unlock(session, found[1])

    async def invited(self, code: str) -> Member | Denied:
        """Whom an invitation is for."""
        found = invited(self._roster.current(), self._vault.code_name(code), self._clock.now())
        if isinstance(found, EnrolRefusal):
            is_late = found is EnrolRefusal.CODE_EXPIRED
            return Denied(Denial.INVITATION_EXPIRED if is_late else Denial.INVITATION_WRONG)
        return found

    async def join(self, invitation: str, password: str, one_time: str, code: str) -> Session | Denied:
        """Take an invitation, with a password and a code of the app that was shown the secret; it begins anew."""
        now = self._clock.now()
        member = await self.invited(invitation)
        if isinstance(member, Denied):
            return member
        if is_weak(password, member.name):
            return Denied(Denial.WEAK)
        wait = await self._throttle.wait_for(f"join\0{member.id}", now, is_known=True)
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        if not await self._codes.accept(member.id, one_time, code, now):
            return Denied(Denial.CODE_WRONG)
        key, recovery = new_key(), self._roster.current().recovery
        lock = await self._lock(key.private, password)
        await self._chronicle.note(now, member.id, Deed.JOINED)
        before, digest = await self.credentials.find(member.id), self._vault.code_name(invitation)
        made = Credential(
            member.id,
            key.public,
            lock,
            one_time,
            recovery=None if recovery is None else lock_for_recovery(key.private, recovery),
            generation=1 if before is None else before.generation + 1,
        )
        # The way in first: what colleagues seal for a key that nobody can unlock would be lost. Where this stops
        # halfway, the invitation still holds.
        if not await self.credentials.swap(before, made):
            return Denied(Denial.INVITATION_WRONG)
        changed = await self._roster.change(lambda roster: give_key(roster, digest, key.public, now))
        if isinstance(changed, EnrolRefusal):
            await self.credentials.swap(made, before)
            return Denied(Denial.INVITATION_WRONG)
        return await self._begin(member.id, key.private)

    async def change_password(self, session: Session, old: str, new: str) -> Session | Denied:
        """Another password for the same key; all other sessions end."""
        member, credential = self.member(session.member), await self.credentials.find(session.member)
        if member is None or credential is None:
            return Denied(Denial.OVER)
        found = await self._try(member, old, _within(member))
        if isinstance(found, Denied):
            return found
        await self._throttle.succeeded(_within(member)[0])
        if is_weak(new, member.name):
            return Denied(Denial.WEAK)
        await self._chronicle.note(self._clock.now(), member.id, Deed.PASSWORD_CHANGED)
        if not await self._give_lock(credential, await self._lock(found[1], new)):
            return Denied(Denial.OVER)
        return await self.sessions.begin(member.id, found[1], self._clock.now())

    async def add_passkey(
        self, session: Session, answer: str, origin: str, name: str, secret: bytes | None
    ) -> Denied | None:
        """Keep a passkey that the browser has made; it unlocks the key where it gave a secret and the key is open."""
        credential = await self.credentials.find(session.member)
        if credential is None:
            return Denied(Denial.OVER)
        if len(credential.passkeys) >= MOST_PASSKEYS:
            return Denied(Denial.TOO_MANY)
        made = await self.passkeys.take_new(answer, origin, name, self._clock.now())
        if made is None:
            return Denied(Denial.PASSKEY_WRONG)
        passkey = made
        if secret is not None and session.private is not None:
            passkey = replace(made, sealed=lock_with_secret(session.private, secret_of(secret, _PURPOSE)))
        await self._chronicle.note(self._clock.now(), session.member, Deed.PASSKEY_ADDED)

        def add(found: Credential) -> Credential | None:
            others = tuple(one for one in found.passkeys if one.id != passkey.id)
            # A session that was ended while the browser asked adds nothing any more.
            if found.generation != credential.generation or len(others) >= MOST_PASSKEYS:
                return None
            return replace(found, passkeys=(*others, passkey))

        kept = await self.credentials.change(session.member, add)
        return Denied(Denial.OVER) if kept is None else None

    async def remove_passkey(self, session: Session, passkey: bytes) -> None:
        """A passkey that is lost, or no longer wanted."""
        await self._chronicle.note(self._clock.now(), session.member, Deed.PASSKEY_REMOVED)

        def remove(found: Credential) -> Credential:
            return replace(found, passkeys=tuple(one for one in found.passkeys if one.id != passkey))

        await self.credentials.change(session.member, remove)

    async def recover(self, member: StaffId, recovery: bytes, password: str) -> bool:
        """Give somebody a new password with the key on paper; whether their key was sealed to it."""
        credential = await self.credentials.find(member)
        sealed = None if credential is None else credential.recovery
        private = None if sealed is None else unlock_for_recovery(sealed, recovery)
        if credential is None or private is None:
            return False
        await self._chronicle.note(self._clock.now(), member, Deed.RECOVERED)
        return await self._give_lock(credential, await self._lock(private, password))

    async def sign_out(self, session: Session, *, everywhere: bool = False) -> None:
        """End this session, or all of theirs."""
        await self.sessions.end(session.cookie)
        if everywhere:
            await self.credentials.end_sessions(session.member)
        await self._chronicle.note(self._clock.now(), session.member, Deed.SIGNED_OUT)

    def member(self, who: StaffId) -> Member | None:
        """Somebody who works here now."""
        found = self._roster.current().members.get(who)
        return None if found is None or found.left is not None else found

    async def _begin(self, member: StaffId, private: bytes | None) -> Session:
        now = self._clock.now()
        await self._chronicle.note(now, member, Deed.SIGNED_IN)
        return await self.sessions.begin(member, private, now)

    def _password_at(self, member: Member, mark: str) -> tuple[str, bool]:
        """Where tries of a password are counted: a member has one counter for all browsers that they do not know."""
        return self.browsers.counter("password", member.id, mark)

    async def _try(
        self, member: Member | None, password: str, counted: tuple[str, bool]
    ) -> tuple[Member, bytes] | Denied:
        """Whose password this is, and their key. `counted`: under which name, and whether they are known there."""
        now = self._clock.now()
        counter, is_known = counted
        wait = await self._throttle.wait_for(counter, now, is_known=is_known)
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        credential = await self.credentials.find(StaffId("") if member is None else member.id)
        private = await self._unlock(self._nobody if credential is None else credential.lock, password)
        if member is None:
            await self._chronicle.pretend(now)
            return Denied(Denial.WRONG)
        if credential is None or private is None:
            await self._chronicle.note(now, member.id, Deed.SIGN_IN_FAILED)
            return Denied(Denial.WRONG)
        return member, private

    async def _count(self, member: Member, passkey: Passkey, count: int) -> Credential | None:
        """Remember how often a passkey was used; None where it was taken away, or used again, meanwhile."""

        def change(found: Credential) -> Credential | None:
            if not any((one.id, one.count) == (passkey.id, passkey.count) for one in found.passkeys):
                return None
            counted = replace(passkey, count=count)
            return replace(found, passkeys=tuple(counted if one.id == passkey.id else one for one in found.passkeys))

        return await self.credentials.change(member.id, change)

    async def _give_lock(self, before: Credential, lock: Lock) -> bool:
        """Put another lock where this one is; whether it still was. All sessions end."""

        def change(found: Credential) -> Credential | None:
            return replace(found, lock=lock, generation=found.generation + 1) if found.lock == before.lock else None

        return await self.credentials.change(before.member, change) is not None

    async def _lock(self, private: bytes, password: str) -> Lock:
        async with self._line:
            return await asyncio.to_thread(lock_with_password, private, password, self._stretching)

    async def _unlock(self, lock: Lock, password: str) -> bytes | None:
        async with self._line:
            return await asyncio.to_thread(unlock_with_password, lock, password)


def _within(member: Member) -> tuple[str, bool]:
    """Where tries of the password of somebody who is signed in are counted: strangers' mistakes are not theirs."""
    return f"password within\0{member.id}", True
