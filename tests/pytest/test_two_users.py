"""Two users: what one says, the other hears, and a third does not."""

import asyncio
import json
import time
import uuid

from websockets.asyncio.client import connect


async def next_of_kind(ws, kind):
    async with asyncio.timeout(2):
        while True:
            message = json.loads(await ws.recv())
            if message["type"] == kind:
                return message


async def enter(ws, user, room):
    await ws.send(json.dumps({"type": "join", "room": room}))
    while (await next_of_kind(ws, "joined"))["user"] != user:
        pass


async def hears(ws, since):
    said = await next_of_kind(ws, "said")
    assert (said["from"], said["text"]) == ("alice", "hi")
    assert time.perf_counter() - since < 1


async def hears_nothing(ws):
    try:
        async with asyncio.timeout(0.3):
            while True:
                message = json.loads(await ws.recv())
                assert message["type"] != "said", message
    except TimeoutError:
        pass


async def test_bob_hears_alice_mallory_does_not(ws_url):
    room = f"r-{uuid.uuid4()}"
    async with (
        connect(f"{ws_url}/rooms?user=alice") as alice,
        connect(f"{ws_url}/rooms?user=bob") as bob,
        connect(f"{ws_url}/rooms?user=mallory") as mallory,
    ):
        await asyncio.gather(enter(alice, "alice", room), enter(bob, "bob", room))
        await enter(mallory, "mallory", f"{room}-next-door")
        said = time.perf_counter()
        await alice.send(json.dumps({"type": "say", "room": room, "text": "hi"}))
        await asyncio.gather(hears(bob, said), hears_nothing(mallory))
