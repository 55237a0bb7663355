"""The command `waymark`: reads the settings, and leads each subcommand to the part that does it."""

# ruff: noqa: E402
import gc

# All that is read here stays: looking for garbage among it, now or later, would take a quarter of the time.
gc.disable()

import argparse
import asyncio
import os
import resource
import signal
import sys
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Timer
from typing import Final

import uvloop
from dotenv import dotenv_values

from bot import logbook, publishing, rekeying, staffing
from bot.casebook import KeyFileError
from bot.channel import ChannelError
from bot.compiler import ContentError, commands
from bot.desk.staff import Role
from bot.dialogue.script import Script
from bot.doctor import examine
from bot.match import MatchError, explain_lines, match_lines, score_tables
from bot.messages import Language
from bot.pacing import Pacing
from bot.questions import list_questions
from bot.settings import ProcessRole, Settings, SettingsError
from bot.store.backup import BackupError, back_up, restore
from bot.store.contract import StoreError
from bot.store.embedded import EmbeddedValkeyError
from bot.store.secrets import KeysError
from bot.tracing import TracesError
from bot.wiring import DEFAULT_PACING, UnknownLanguageError, chat_in_terminal, kept_scripts, run_bot, teacher
from handlers.telegram import ask_telegram
from handlers.web.server import AddressError

gc.freeze()
gc.enable()

_EXPECTED: Final = (
    ContentError,
    SettingsError,
    StoreError,
    EmbeddedValkeyError,
    KeysError,
    KeyFileError,
    ChannelError,
    MatchError,
    AddressError,
    TracesError,
    staffing.StaffingError,
    publishing.PublishingError,
    BackupError,
    OSError,
)
"""What may be wrong around us; its words say what to do. Anything else is a mistake of ours and shows where it is."""

_PUBLISHING: Final = frozenset({"versions", "export", "import", "diff", "publish", "rollback"})

LAST_SECONDS: Final = 10.0

_ALLOCATIONS_BEFORE_COLLECTING: Final = 20_000
"""A turn leaves hardly any garbage in circles; looking for it less often saves time and costs little memory."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for; exit 1 where something is wrong, 2 where the call is."""
    asked = _parser().parse_args(arguments)
    logbook.open_logbook()
    try:
        settings = Settings.from_environ({**_from_file(Path(".env")), **os.environ})
        code = _do(asked, settings)
    except* _EXPECTED as errors:
        for error in _leaves(errors):
            print(error, file=sys.stderr)
        code = 1
    except* KeyboardInterrupt:
        code = 130
    except* Exception as errors:
        if asked.command != "run":
            raise
        for error in _leaves(errors):
            # Not as Python tells it: an exception's words may be a person's.
            logbook.note_error("crashed", error)
        code = 1
    raise SystemExit(code)


def _do(asked: argparse.Namespace, settings: Settings) -> int:
    today = datetime.now(UTC).date()
    match asked.command:
        case "run":
            # Keys and what people write are in memory: when it crashes, none of that is written to a disk.
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            run_to_the_end(run_until_told(settings, role=ProcessRole(asked.role)))
            return 0
        case "check":
            # The process ends right after: looking for garbage among what was read would only take time.
            gc.disable()
            report = commands.check(asked.directory or settings.content_dir, today, teacher(settings))
            _print_all(report.lines())
            return 0 if report.is_well(strict=asked.strict) else 1
        case "chat":
            language = Language(asked.lang) if asked.lang else None
            try:
                asyncio.run(chat_in_terminal(settings, language, sys.stdin, sys.stdout, _tell))
            except UnknownLanguageError as error:
                print(error, file=sys.stderr)
                return 2
            return 0
        case "match":
            _print_all(_matched(asked, kept_scripts(settings).script(settings.content_dir, today)))
            return 0
        case "content":
            if asked.what == "questions":
                _print_all(asyncio.run(list_questions(settings.store_url, settings.data_dir, datetime.now(UTC))))
                return 0
            if asked.what in _PUBLISHING:
                _print_all(asyncio.run(_publishing(asked, settings)))
                return 0
            return _content(asked, settings.content_dir, today)
        case "audit":
            lines, is_whole = asyncio.run(_audit(settings))
            _print_all(lines)
            return 0 if is_whole else 1
        case "staff" | "helpline":
            _print_all(asyncio.run(_staffing(asked, settings)))
            return 0
        case "keys":
            place = rekeying.Place(settings.data_dir, settings.store_url, today)
            _print_all(_keys(asked.what, place))
        case "backup" | "restore":
            _print_all([_copied(asked.command, asked.file, settings.data_dir)])
        case "doctor":
            findings = asyncio.run(examine(settings, datetime.now(UTC)))
            _print_all(str(finding) for finding in findings)
            return 0 if all(finding.is_well for finding in findings) else 1
        case _:
            raise AssertionError(asked.command)
    return 0


def _keys(what: str, place: rekeying.Place) -> list[str]:
    match what:
        case "renew":
            return rekeying.renew(place)
        case "use":
            return asyncio.run(rekeying.use(place))
        case "renew-writer":
            return rekeying.renew_writer(place)
        case "use-writer":
            return asyncio.run(rekeying.use_writer(place))
        case "renew-identity":
            return asyncio.run(rekeying.renew_identity(place))
        case _:
            return asyncio.run(rekeying.retire(place))


def _copied(command: str, file: Path, data_dir: Path) -> str:
    if command == "backup":
        count = asyncio.run(back_up(data_dir, file))
        return f"{file} holds {count} entries of the store, sealed. Keep a copy of {data_dir / 'keys'} somewhere else."
    count = asyncio.run(restore(data_dir, file))
    return f"The store has {count} entries again; they are read with the keys in {data_dir / 'keys'}."


async def _audit(settings: Settings) -> tuple[list[str], bool]:
    async with staffing.open_office(settings) as office:
        return await staffing.audit(office)


async def _staffing(asked: argparse.Namespace, settings: Settings) -> list[str]:
    async with staffing.open_office(settings) as office:
        match asked.command, asked.what:
            case "staff", "invite":
                bot = await _bot_name(settings)
                return await staffing.invite(office, asked.name, asked.role, asked.helpline, asked.languages, bot)
            case "staff", "list":
                return staffing.staff(office)
            case "staff", "again":
                return await staffing.invite_again(office, asked.who, await _bot_name(settings))
            case "staff", "paper-key":
                return await staffing.make_paper_key(office)
            case "staff", "recover":
                first = await asyncio.to_thread(input, "One share: ")
                second = await asyncio.to_thread(input, "Another share: ")
                return await staffing.recover(office, asked.who, first, second)
            case "staff", "remove":
                return await staffing.remove(office, asked.who)
            case "helpline", "list":
                return await staffing.overview(office)
            case "helpline", "link":
                return await staffing.link(office, asked.id)
            case _:
                return await staffing.take_apart(office, asked.id)


async def _publishing(asked: argparse.Namespace, settings: Settings) -> list[str]:
    teach = teacher(settings)
    async with publishing.open_press(settings.content_dir, settings.data_dir, settings.store_url, teach) as press:
        match asked.what:
            case "versions":
                return await publishing.list_versions(press)
            case "export":
                return await publishing.export(press, asked.directory, asked.version)
            case "import":
                return await publishing.take_in(press, asked.directory, asked.title, asked.by)
            case "diff":
                return await publishing.tell_differences(press, asked.before, asked.after)
            case "publish":
                return await publishing.publish(press, asked.directory, asked.by, asked.reviewed_by, asked.why)
            case _:
                return await publishing.roll_back(press, asked.number, asked.by, asked.why)


async def _bot_name(settings: Settings) -> str | None:
    """The bot's name for a link; none while Telegram is off or away."""
    if settings.telegram_token is None:
        return None
    try:
        return await ask_telegram(settings.telegram_token, settings.telegram_api_url)
    except ChannelError:
        return None


def _matched(asked: argparse.Namespace, script: Script) -> Iterable[str]:
    if asked.score:
        return score_tables(script.understanding, asked.score)
    return (explain_lines if asked.explain else match_lines)(script.understanding, sys.stdin)


def _content(asked: argparse.Namespace, directory: Path, today: date) -> int:
    match asked.what:
        case "dump":
            document, report = commands.dump_document(directory, today)
            print(document or "\n".join(report.lines()), file=sys.stdout if document else sys.stderr)
            return 0 if document else 1
        case "stamp":
            _print_all(commands.stamp(directory, Language(asked.language), today))
        case "pull":
            _print_all(commands.pull(directory, Language(asked.language), today))
        case "progress":
            _print_all(commands.tell_progress(directory, today))
        case "schema":
            _print_all(commands.write_editor_schemas(directory))
        case _:
            raise AssertionError(asked.what)
    return 0


def run_to_the_end(running: Coroutine[None, None, None], within: float = LAST_SECONDS) -> None:
    """Run this, and end the process if its loop cannot be closed within so many seconds after it.

    A connection that was left open, or a thread that hangs, can keep the loop for ever; a bot that has failed must be
    gone for it to be begun again.
    """
    end = Timer(within, os._exit, [1])
    end.daemon = True

    async def ending() -> None:
        try:
            await running
        finally:
            end.start()

    try:
        uvloop.run(ending())
    finally:
        end.cancel()


async def run_until_told(
    settings: Settings, pacing: Pacing | None = DEFAULT_PACING, role: ProcessRole = ProcessRole.ALL
) -> None:
    """Run the bot until a signal asks it to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await run_bot(settings, stop, _tell, _settle_down, pacing, role)


def _settle_down() -> None:
    """What is in memory by now stays for good: collecting garbage need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BEFORE_COLLECTING, 50, 50)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="waymark", description="A chatbot for safe labour migration to Thailand.")
    do = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = do.add_parser("run", help="start everything that is configured")
    run.add_argument(
        "--role",
        choices=tuple(ProcessRole),
        default=ProcessRole.ALL,
        help="web: webhook, chat page and console; worker: delivery, timers, watch and polling; all: both",
    )
    check = do.add_parser("check", help="check content: every mistake at once, and what to do")
    check.add_argument("directory", nargs="?", type=Path, help="folder of content; the configured one unless given")
    check.add_argument("--strict", action="store_true", help="exit 1 on warnings, too")
    chat = do.add_parser("chat", help="talk in the terminal")
    chat.add_argument("--lang", help="language to begin in: km, lo, my, th or en")
    match = do.add_parser("match", help='read JSON lines {"text": …, "lang": …}, write what was understood')
    how = match.add_mutually_exclusive_group()
    how.add_argument("--explain", action="store_true", help="say for people why each line is understood as it is")
    how.add_argument(
        "--score", nargs="+", type=Path, metavar="FILE", help="say how well tables (lang, topic, also_ok, text) do"
    )
    _add_staffing(do)
    do.add_parser("audit", help="who of the staff did what, and whether that list is whole")
    keys = do.add_parser("keys", help="the keys of the store").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    keys.add_parser("renew", help="make a new working key, for every bot to know it before it is used")
    keys.add_parser("use", help="let the new working key seal, once every bot knows it")
    keys.add_parser("retire", help="seal all that is kept with the newest working key, and take the old ones out")
    keys.add_parser("renew-writer", help="make a new key that signs what we write, for every bot to know it first")
    keys.add_parser("use-writer", help="let the new writer key sign, once every bot knows it")
    keys.add_parser("renew-identity", help="move everybody to new ids by a new identity key, while no bot runs")
    for name, words in (
        ("backup", "copy the built-in store into a new file, without its keys; the bot may run"),
        ("restore", "make the built-in store of such a file, where there is none"),
    ):
        do.add_parser(name, help=words).add_argument("file", type=Path)
    do.add_parser("doctor", help="check settings, store, keys, Telegram and content, and say what to do")
    content = do.add_parser("content", help="work on the content").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    content.add_parser("dump", help="the compiled content as one JSON document")
    content.add_parser("progress", help="how far each language is")
    content.add_parser("questions", help="what many people asked in vain, in words that point at nobody")
    content.add_parser("schema", help="write the schemas for editors")
    for name, words in (
        ("pull", "what is missing or stale in a language, as files to fill in"),
        ("stamp", "note of new translations which English they were made from"),
    ):
        content.add_parser(name, help=words).add_argument("language", help="km, lo, my or th")
    _add_publishing(content)
    return parser


def _add_publishing(content: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    content.add_parser("versions", help="every version that was live: when, by whom, why")
    export = content.add_parser("export", help="write what is live, or a version, into a folder")
    export.add_argument("directory", type=Path, metavar="DIR")
    export.add_argument("--version", type=int, help="its number, as 'versions' lists it")
    taken_in = content.add_parser("import", help="make a change of a folder, to be reviewed in the studio")
    taken_in.add_argument("directory", type=Path, metavar="DIR")
    taken_in.add_argument("--title", required=True, help="what is new in it")
    taken_in.add_argument("--by", required=True, help="who wrote it")
    diff = content.add_parser("diff", help="what is different, in words")
    for name, default in (("before", "live"), ("after", "folder")):
        words = f"a version's number, 'live', 'folder' or a path; '{default}' unless given"
        diff.add_argument(name, nargs="?", default=default, help=words)
    published = content.add_parser("publish", help="make what a folder holds live, on every bot that runs")
    published.add_argument("directory", type=Path, metavar="DIR")
    published.add_argument("--reviewed-by", required=True, help="somebody else, who has read it")
    rolled_back = content.add_parser("rollback", help="make an earlier version live again")
    rolled_back.add_argument("number", type=int, help="its number, as 'versions' lists it")
    for command in (published, rolled_back):
        command.add_argument("--by", required=True, help="who does it")
        command.add_argument("--why", required=True, help="for those who read the list of versions")


def _add_staffing(do: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    people = do.add_parser("staff", help="who works at the helplines").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    invited = people.add_parser("invite", help="make a code for somebody new")
    invited.add_argument("--name", required=True, help="a working name; colleagues see it, people never do")
    invited.add_argument("--role", choices=tuple(Role), default=Role.RESPONDER)
    invited.add_argument("--helpline", type=_listed, default=[], help="one or several, with commas")
    invited.add_argument("--languages", type=_listed, default=[], help="such as km,th")
    people.add_parser("list", help="everybody who works here")
    again = people.add_parser("again", help="a new code for somebody who works here")
    again.add_argument("who", help="their id or working name")
    people.add_parser("paper-key", help="make the key on paper that opens what staff cannot any more")
    recovered = people.add_parser("recover", help="a new password for somebody, with two shares of the key on paper")
    recovered.add_argument("who", help="their id or working name")
    removed = people.add_parser("remove", help="end all rights of somebody at once")
    removed.add_argument("who", help="their id or working name")
    lines = do.add_parser("helpline", help="who takes cases").add_subparsers(dest="what", required=True, metavar="WHAT")
    lines.add_parser("list", help="every helpline, and whether it can take cases")
    for name, words in (
        ("link", "make a code that links a helpline to its Telegram group"),
        ("unlink", "take no cases for a helpline any more"),
    ):
        lines.add_parser(name, help=words).add_argument("id", help="as in content/helplines.yaml")


def _listed(written: str) -> list[str]:
    return [one.strip() for one in written.split(",") if one.strip()]


def _from_file(path: Path) -> Mapping[str, str]:
    return {name: value for name, value in dotenv_values(path).items() if value is not None}


def _leaves(errors: BaseExceptionGroup[BaseException]) -> Iterable[BaseException]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _tell(words: str) -> None:
    print(words, flush=True)


def _print_all(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
