"""Certificates of our own, and a door that speaks TLS in front of servers that do not.

The servers that tests run are built without TLS; what the bot meets is the same: whoever shows no certificate of ours is
turned away. What servers say about each other (Sentinel, a Cluster) names ports, and the door names its own instead.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.store.servers import free_ports


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files: whom to trust, and what the server and the bot show."""

    authority: Path
    server: Path
    server_key: Path
    bot: Path
    bot_key: Path

    @property
    def query(self) -> str:
        """For an address."""
        return f"?ssl_ca_certs={self.authority}&ssl_certfile={self.bot}&ssl_keyfile={self.bot_key}"


def make_certificates(folder: Path) -> Certificates:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("our authority", authority_key, None)
    _write(folder, "authority", authority, authority_key)
    for name in ("server", "bot"):
        key = ec.generate_private_key(ec.SECP256R1())
        _write(folder, name, _certificate(name, key, (authority, authority_key)), key)
    files = ("authority.pem", "server.pem", "server.key", "bot.pem", "bot.key")
    return Certificates(*(folder / file for file in files))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    return builder.sign(key if by is None else by[1], SHA256())


def _write(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@asynccontextmanager
async def doors(ports: Sequence[int], certificates: Certificates) -> AsyncIterator[Mapping[int, int]]:
    """A door in front of each port: port → the door's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    own = dict(zip(ports, free_ports(len(ports)), strict=True))
    names = [(str(port).encode(), str(door).encode()) for port, door in own.items()]
    async with AsyncExitStack() as stack:
        for port, door in own.items():
            await stack.enter_async_context(_door(port, door, context, names))
        yield own


@asynccontextmanager
async def _door(
    port: int, own: int, context: ssl.SSLContext, names: Iterable[tuple[bytes, bytes]]
) -> AsyncIterator[None]:
    tasks: set[asyncio.Task[None]] = set()

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        for source, sink, renames in ((reader, inner_writer, ()), (inner_reader, writer, names)):
            task = asyncio.create_task(_carry(source, sink, renames))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(let_in, "127.0.0.1", own, ssl=context)
    try:
        yield
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, names: Iterable[tuple[bytes, bytes]]
) -> None:
    """All ports have five figures, so that no length changes."""
    try:
        with suppress(OSError):
            while data := await source.read(65536):
                for port, own in names:
                    data = data.replace(port, own)
                sink.write(data)
                await sink.drain()
    finally:
        sink.transport.abort()
