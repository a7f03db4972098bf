"""Tells a WebSub hub that a feed has changed (https://www.w3.org/TR/websub/, 5)."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from aggregator.fetch.address import address_of
from aggregator.fetch.errors import explain, readable
from aggregator.fetch.httpx_door import httpx
from aggregator.fetch.status import status_message
from aggregator.fetch.transport import Transport


async def ping(transport: Transport, user_agent: bytes, hub: str, topic: str, seconds: float) -> str | None:
    """None where the hub took notice, else why not, in words. `topic`: the address of the feed that changed.

    WebSub leaves open how a publisher tells its hub; this is the way of PubSubHubbub 0.4, which hubs know.
    """
    body = urlencode({"hub.mode": "publish", "hub.url": topic}).encode()
    try:
        async with asyncio.timeout(seconds):
            address = address_of(hub)
            headers = [
                (b"Host", address.url.netloc),
                (b"User-Agent", user_agent),
                (b"Content-Type", b"application/x-www-form-urlencoded"),
                (b"Content-Length", str(len(body)).encode()),
                (b"Connection", b"close"),
            ]
            if address.authorization:
                headers.append((b"Authorization", address.authorization))
            response = await transport.handle_async_request(
                httpx.Request("POST", address.url, headers=headers, stream=httpx.ByteStream(body))
            )
            await response.aclose()
    except TimeoutError:
        return f"no response from the hub within {seconds:g} seconds"
    except Exception as error:  # whatever a hub can make the library raise is about this hub alone
        return readable(str(explain(error)))
    return None if 200 <= response.status_code < 300 else readable(status_message(response.status_code))
