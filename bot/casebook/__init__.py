"""What people tell a helpline that reads in the console: sealed so that staff can read it and we cannot."""

from bot.casebook.entries import (
    Entry,
    Marked,
    Noted,
    PersonPicked,
    PersonSaid,
    PersonSentMedia,
    StaffSaid,
    StaffSentCard,
    StaffSentMedia,
    StaffSentReply,
    entry_of,
)
from bot.casebook.epochs import FOLDER, Epochs, Week, week_of
from bot.casebook.errors import CasebookError, KeyFileError, Unopened
from bot.casebook.keeper import Keeper, Keeping, leavers_of, readers_of
from bot.casebook.records import Doubt, Doubtful, Opened, Writer, is_signed, open_records, seal_entry
from bot.casebook.recovery import ShareError, join_shares, make_recovery
from bot.casebook.wraps import (
    RECOVERY,
    KeyPair,
    key_id,
    move_wrap,
    new_key,
    open_wrap,
    week_of_wrap,
    wrap_key,
    wrap_name,
)
from bot.casebook.writer import Writers, load_writers

__all__ = [
    "FOLDER",
    "RECOVERY",
    "CasebookError",
    "Doubt",
    "Doubtful",
    "Entry",
    "Epochs",
    "Keeper",
    "Keeping",
    "KeyFileError",
    "KeyPair",
    "Marked",
    "Noted",
    "Opened",
    "PersonPicked",
    "PersonSaid",
    "PersonSentMedia",
    "ShareError",
    "StaffSaid",
    "StaffSentCard",
    "StaffSentMedia",
    "StaffSentReply",
    "Unopened",
    "Week",
    "Writer",
    "Writers",
    "entry_of",
    "is_signed",
    "join_shares",
    "key_id",
    "leavers_of",
    "load_writers",
    "make_recovery",
    "move_wrap",
    "new_key",
    "open_records",
    "open_wrap",
    "readers_of",
    "seal_entry",
    "week_of",
    "week_of_wrap",
    "wrap_key",
    "wrap_name",
]
