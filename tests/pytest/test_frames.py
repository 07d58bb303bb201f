"""A binary protocol with a length header, in a stream that is cut anywhere."""

import asyncio
import itertools
import struct
import uuid

import pytest
from websockets.asyncio.client import connect

HEADER = struct.Struct(">BIH")
HELLO, WELCOME, PUT, GET, VALUE, FAILED, WATCH, CHANGED = range(1, 9)


class Client:
    """Puts frames together, and gives each request the frame with its id."""

    def __init__(self, ws):
        self.ws = ws
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.changes = asyncio.Queue()
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        kept = b""
        async for piece in self.ws:
            kept += piece
            while len(kept) >= HEADER.size:
                kind, number, length = HEADER.unpack_from(kept)
                end = HEADER.size + length
                assert end <= 65536
                if len(kept) < end:
                    break
                body, kept = kept[HEADER.size : end], kept[end:]
                if kind == CHANGED:
                    self.changes.put_nowait(body)
                elif number in self.waiting:
                    self.waiting.pop(number).set_result((kind, body))
        assert kept == b""

    async def ask(self, kind, body=b""):
        number = next(self.numbers)
        reply = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.ws.send(HEADER.pack(kind, number, len(body)) + body)
        async with asyncio.timeout(2):
            return await reply

    async def put(self, key, value):
        kind, body = await self.ask(PUT, struct.pack(">B", len(key)) + key + value)
        assert kind == VALUE
        return body


async def hello(ws, name):
    client = Client(ws)
    assert await client.ask(HELLO, name) == (WELCOME, b"session-" + name)
    return client


@pytest.fixture
async def clients(ws_url):
    async with connect(f"{ws_url}/frames") as first, connect(f"{ws_url}/frames") as second:
        clients = [await hello(first, b"writer"), await hello(second, b"watcher")]
        yield clients
        for client in clients:
            await client.ws.close()
            await client.reader


@pytest.fixture
def key():
    return f"k-{uuid.uuid4()}".encode()


async def test_what_is_stored_comes_back(clients, key):
    writer, _ = clients
    assert len(await writer.put(key, b"value")) == 5
    assert await writer.ask(GET, key) == (VALUE, b"value")


async def test_an_unknown_key_is_refused_with_a_reason(clients):
    writer, _ = clients
    assert await writer.ask(GET, b"nothing") == (FAILED, b"no such key")


async def test_another_client_hears_of_each_change_in_order(clients, key):
    writer, watcher = clients
    kind, _ = await watcher.ask(WATCH)
    assert kind == VALUE
    for i in range(20):
        await writer.put(key, str(i).encode())
    last = 0
    async with asyncio.timeout(1):
        for _ in range(20):
            change = await watcher.changes.get()
            (seq,) = struct.unpack_from(">I", change)
            assert seq > last and change[4:] == key
            last = seq
    await asyncio.sleep(0.1)
    assert watcher.changes.empty()
