"""A store that lets in only who shows a certificate of ours: alone, behind Sentinel, and as a Cluster."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.settings import Settings, SettingsError
from bot.store.contract import Committed, StoreDownError
from bot.store.durability import inspect_store, replicas_to_prove
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, a_record
from tests.store.certificates import Certificates, doors, make_certificates
from tests.store.servers import Server, a_sentinel, a_server, free_ports, patiently

KINDS = ("rediss", "rediss+sentinel", "rediss+cluster")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@asynccontextmanager
async def an_address(kind: str, certificates: Certificates, cluster: Sequence[Server]) -> AsyncIterator[str]:
    """An address without any certificate in it."""
    if kind == "rediss+cluster":
        async with doors([server.port for server in cluster], certificates) as own:
            yield "rediss+cluster://" + ",".join(f"127.0.0.1:{door}" for door in own.values())
        return
    port, sentinel_port = free_ports(2)
    with a_server(port=port), a_sentinel(sentinel_port, port):
        async with doors([port, sentinel_port], certificates) as own:
            if kind == "rediss":
                yield f"rediss://127.0.0.1:{own[port]}"
            else:
                yield f"rediss+sentinel://127.0.0.1:{own[sentinel_port]}/people"


@pytest.mark.parametrize("kind", KINDS)
async def test_who_shows_a_certificate_is_let_in_and_nobody_else(
    kind: str, certificates: Certificates, cluster: Sequence[Server], vault: Vault
) -> None:
    for server in cluster:
        with server.client() as client:
            client.flushall()
    async with an_address(kind, certificates, cluster) as address:
        for query in ("", f"?ssl_ca_certs={certificates.authority}"):
            stranger = open_store(address + query, vault)
            with pytest.raises(StoreDownError):
                await stranger.load(SOMEBODY)
            await stranger.close()
        with pytest.raises(StoreDownError):
            await inspect_store(address)

        # Shaking hands takes its time on a busy machine.
        store = open_store(address + certificates.query, vault, patience=timedelta(seconds=10))
        assert await store.commit(a_commit(1), NOW, LEASE) == Committed(1, None)
        # It reads over another connection, for which hands have to be shaken, too.
        assert (await patiently(lambda: store.load(SOMEBODY))).record == a_record()
        await store.close()

        # These servers have no password, which is found on each of them, so each was reached.
        problems = await inspect_store(address + certificates.query)
        assert any("asks for no password" in problem for problem in problems)
        assert await replicas_to_prove(address + certificates.query) == (1 if "sentinel" in kind else 0)


def test_the_files_are_settings(certificates: Certificates) -> None:
    files = {
        "WAYMARK_STORE_CA": str(certificates.authority),
        "WAYMARK_STORE_CERTIFICATE": str(certificates.bot),
        "WAYMARK_STORE_KEY": str(certificates.bot_key),
    }

    settings = Settings.from_environ({"WAYMARK_STORE_URL": "rediss+sentinel://store:26379/people", **files})

    assert settings.store_url is not None
    assert settings.store_url.replace("%2F", "/") == "rediss+sentinel://store:26379/people" + certificates.query
    for wrong, words in (
        ({**files, "WAYMARK_STORE_URL": "redis://store"}, "begin with rediss"),
        ({"WAYMARK_STORE_URL": "rediss://store", "WAYMARK_STORE_CA": "/nowhere"}, "no file that can be read"),
        ({"WAYMARK_STORE_URL": "rediss://store", "WAYMARK_STORE_KEY": files["WAYMARK_STORE_KEY"]}, "belong together"),
    ):
        with pytest.raises(SettingsError, match=words):
            Settings.from_environ(wrong)
