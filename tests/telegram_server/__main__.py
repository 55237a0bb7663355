"""Runs the server by itself, with a phone to look at in the browser.

python -m tests.telegram_server --port 9000 --token 1:A
"""

import argparse
import asyncio
import sys

from tests.telegram_server.server import DEFAULT_TOKEN, FakeTelegram


async def serve(port: int, token: str, *, allow_http_webhook: bool) -> None:
    async with FakeTelegram(token, port=port, allow_http_webhook=allow_http_webhook) as telegram:
        telegram.person(7, started=True)
        sys.stdout.write(f"Bot API at {telegram.url} (token {token})\nA phone at {telegram.url}/screen?chat=7\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.telegram_server", description="A fake Telegram Bot API.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--token", default=DEFAULT_TOKEN)
    parser.add_argument("--allow-http-webhook", action="store_true", help="webhooks on this machine, without TLS")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.port, options.token, allow_http_webhook=options.allow_http_webhook))
    except KeyboardInterrupt:
        sys.exit(0)
