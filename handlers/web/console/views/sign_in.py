"""Signing in, joining, unlocking, and the member's own account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.desk.helplines import HelplineId
from bot.messages import Language
from handlers.web.console.views.around import Around


@dataclass(frozen=True, slots=True)
class SignInView:
    """Name and password. `languages` maps a language to where this page stands in it."""

    around: Around
    post: str
    passkey_options: str | None = None
    passkey_post: str | None = None
    name: str = ""
    languages: Mapping[Language, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeView:
    """The one-time code, after a right password."""

    around: Around
    post: str
    back: str = "/desk"


@dataclass(frozen=True, slots=True)
class UnlockView:
    """Signed in by a passkey that opens nothing, so that what people told is still locked: the password opens it."""

    around: Around
    post: str
    later: str = "/desk"


@dataclass(frozen=True, slots=True)
class JoinView:
    """Somebody was invited. `uri` (otpauth) is drawn as a QR code and `secret` stands below it, in groups of four.

    While `secret` is empty only the invitation code is asked for.
    """

    around: Around
    post: str
    code: str = ""
    name: str = ""
    helplines: tuple[HelplineId, ...] = ()
    uri: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyOfferView:
    """After joining: a passkey may be added now, or later in the account."""

    around: Around
    passkey_options: str
    passkey_post: str
    later: str = "/desk"


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """`name` is what the member called it; `remove` posts nothing else."""

    name: str
    added: datetime
    opens: bool = False
    """It can open what people told, too."""
    remove: str | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """Forms: `language`; `old`, `new`, `again`; a passkey with `label`; sign out everywhere."""

    around: Around
    helplines: tuple[HelplineId, ...]
    languages: tuple[Language, ...]
    language_post: str
    password_post: str
    everywhere_post: str
    passkeys: tuple[PasskeyRow, ...] = ()
    passkey_options: str | None = None
    passkey_post: str | None = None
