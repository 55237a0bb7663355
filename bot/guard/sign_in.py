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
    """Why somebody does not get in, or something is not changed; `console-denied-<value>` are the words."""

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
        self.passkeys = Passkeys(shelf)
        self._pending = Sessions(shelf, self.credentials, ShelfKind.PENDING)
        self._codes = OneTimeCodes(shelf)
        self._throttle = Throttle(shelf)
        self._roster = roster
        self._vault = vault
        self._chronicle = chronicle
        self._clock = clock
        self._stretching = stretching or Stretching()
        self._line = asyncio.Semaphore(_AT_ONCE)
        self._nobody = lock_with_password(bytes(32), "nobody's password", self._stretching)

    async def with_password(self, name: str, password: str) -> Session | Denied:
        """The first factor; what comes back still owes the one-time code."""
        now = self._clock.now()
        wait = await self._throttle.wait_for(name, now)
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        member = find_member(self._roster.current(), name)
        credential = None if member is None else await self.credentials.find(member.id)
        lock = self._nobody if credential is None else credential.lock
        private = await self._unlock(lock, password)
        if member is None or credential is None or private is None:
            if member is not None:
                await self._chronicle.note(now, member.id, Deed.SIGN_IN_FAILED)
            return Denied(Denial.WRONG)
        return await self._pending.begin(member.id, private, now)

    async def with_code(self, pending: str, code: str) -> Session | Denied:
        """The second factor; then they are in, and their key is unlocked."""
        now = self._clock.now()
        session = await self._pending.find(pending, now)
        member = None if session is None else self.member(session.member)
        credential = None if session is None else await self.credentials.find(session.member)
        if session is None or member is None or credential is None:
            return Denied(Denial.OVER)
        wait = await self._throttle.wait_for(f"code\0{member.id}", now)
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        if not await self._codes.accept(member.id, credential.one_time, code, now):
            await self._chronicle.note(now, member.id, Deed.SIGN_IN_FAILED)
            return Denied(Denial.CODE_WRONG)
        await self._pending.end(pending)
        await self._throttle.succeeded(f"code\0{member.id}")
        await self._throttle.succeeded(member.name)
        return await self._begin(member.id, session.private)

    async def with_passkey(self, answer: str, origin: str, secret: bytes | None) -> Session | Denied:
        """A passkey alone: it is two factors by itself. Their key is unlocked where it gave a secret."""
        told = read_answer(answer)
        member = None if told is None else self.member(StaffId(told[1]))
        credential = None if member is None else await self.credentials.find(member.id)
        if told is None or member is None or credential is None:
            return Denied(Denial.PASSKEY_WRONG)
        passkey = next((one for one in credential.passkeys if one.id == told[0]), None)
        count = None if passkey is None else await self.passkeys.check(answer, origin, passkey)
        if passkey is None or count is None:
            await self._chronicle.note(self._clock.now(), member.id, Deed.SIGN_IN_FAILED)
            return Denied(Denial.PASSKEY_WRONG)
        await self._replace(credential, replace(passkey, count=count))
        private = None
        if passkey.sealed is not None and secret is not None:
            private = unlock_with_secret(passkey.sealed, secret_of(secret, _PURPOSE))
        return await self._begin(member.id, private)

    async def from_telegram(self, telegram: str, password: str) -> Session | Denied:
        """Telegram has said who it is; the password is the second factor."""
        member = self._roster.current().by_telegram(telegram)
        if member is None:
            return Denied(Denial.WRONG)
        pending = await self.with_password(member.name, password)
        if isinstance(pending, Denied):
            return pending
        await self._pending.end(pending.cookie)
        await self._throttle.succeeded(member.name)
        return await self._begin(member.id, pending.private)

    async def unlock(self, session: Session, password: str) -> Session | Denied:
        """Unlock the key of a session that a passkey began."""
        member = self.member(session.member)
        if member is None:
            return Denied(Denial.OVER)
        wait = await self._throttle.wait_for(member.name, self._clock.now())
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        credential = await self.credentials.find(session.member)
        private = None if credential is None else await self._unlock(credential.lock, password)
        if private is None:
            return Denied(Denial.WRONG)
        await self._throttle.succeeded(member.name)
        return await self.sessions.unlock(session, private)

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
        wait = await self._throttle.wait_for(f"join\0{member.id}", now)
        if wait:
            return Denied(Denial.WAIT, int(wait.total_seconds()) + 1)
        if not await self._codes.accept(member.id, one_time, code, now):
            return Denied(Denial.CODE_WRONG)
        key, recovery = new_key(), self._roster.current().recovery
        lock = await self._lock(key.private, password)
        before = await self.credentials.find(member.id)
        digest = self._vault.code_name(invitation)
        changed = await self._roster.change(lambda roster: give_key(roster, digest, key.public, now))
        if isinstance(changed, EnrolRefusal):
            return Denied(Denial.INVITATION_WRONG)
        await self.credentials.keep(
            Credential(
                member.id,
                key.public,
                lock,
                one_time,
                recovery=None if recovery is None else lock_for_recovery(key.private, recovery),
                generation=1 if before is None else before.generation + 1,
            )
        )
        await self._chronicle.note(now, member.id, Deed.JOINED)
        return await self._begin(member.id, key.private)

    async def change_password(self, session: Session, old: str, new: str) -> Session | Denied:
        """Another password for the same key; all other sessions end."""
        member, credential = self.member(session.member), await self.credentials.find(session.member)
        if member is None or credential is None:
            return Denied(Denial.OVER)
        private = await self._unlock(credential.lock, old)
        if private is None:
            return Denied(Denial.WRONG)
        if is_weak(new, member.name):
            return Denied(Denial.WEAK)
        await self._chronicle.note(self._clock.now(), member.id, Deed.PASSWORD_CHANGED)
        lock = await self._lock(private, new)
        await self.credentials.keep(replace(credential, lock=lock, generation=credential.generation + 1))
        return await self.sessions.begin(member.id, private, self._clock.now())

    async def add_passkey(
        self, session: Session, answer: str, origin: str, name: str, secret: bytes | None
    ) -> Denied | None:
        """Keep a passkey that the browser has made; it unlocks the key where it gave a secret and the key is open."""
        credential = await self.credentials.find(session.member)
        if credential is None:
            return Denied(Denial.OVER)
        if len(credential.passkeys) >= MOST_PASSKEYS:
            return Denied(Denial.TOO_MANY)
        passkey = await self.passkeys.take_new(answer, origin, name, self._clock.now())
        if passkey is None:
            return Denied(Denial.PASSKEY_WRONG)
        if secret is not None and session.private is not None:
            passkey = replace(passkey, sealed=lock_with_secret(session.private, secret_of(secret, _PURPOSE)))
        await self._chronicle.note(self._clock.now(), session.member, Deed.PASSKEY_ADDED)
        await self.credentials.keep(replace(credential, passkeys=(*credential.passkeys, passkey)))
        return None

    async def remove_passkey(self, session: Session, passkey: bytes) -> None:
        """A passkey that is lost, or no longer wanted."""
        credential = await self.credentials.find(session.member)
        if credential is not None:
            await self._chronicle.note(self._clock.now(), session.member, Deed.PASSKEY_REMOVED)
            kept = tuple(one for one in credential.passkeys if one.id != passkey)
            await self.credentials.keep(replace(credential, passkeys=kept))

    async def recover(self, member: StaffId, recovery: bytes, password: str) -> bool:
        """Give somebody a new password with the key on paper; whether their key was sealed to it."""
        credential = await self.credentials.find(member)
        sealed = None if credential is None else credential.recovery
        private = None if sealed is None else unlock_for_recovery(sealed, recovery)
        if credential is None or private is None:
            return False
        await self._chronicle.note(self._clock.now(), member, Deed.RECOVERED)
        lock = await self._lock(private, password)
        await self.credentials.keep(replace(credential, lock=lock, generation=credential.generation + 1))
        return True

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

    async def _replace(self, credential: Credential, passkey: Passkey) -> None:
        others = tuple(passkey if one.id == passkey.id else one for one in credential.passkeys)
        await self.credentials.keep(replace(credential, passkeys=others))

    async def _lock(self, private: bytes, password: str) -> Lock:
        async with self._line:
            return await asyncio.to_thread(lock_with_password, private, password, self._stretching)

    async def _unlock(self, lock: Lock, password: str) -> bytes | None:
        async with self._line:
            return await asyncio.to_thread(unlock_with_password, lock, password)
