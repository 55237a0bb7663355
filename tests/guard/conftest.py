"""One server for the tests that need a real shelf."""

from collections.abc import Iterator

import pytest

from tests.store.servers import Server, a_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with a_server() as running:
        yield running
