"""Load with rows: eight connections share four users, and messages are due on the clock."""

import asyncio
import csv
import io
import itertools
import json
import time
import uuid

from websockets.asyncio.client import connect

USERS = """user,team
ann,red
bob,red
cy,blue
dee,blue
"""
MEMBERS = 8
ROUNDS = 20
EVERY = 0.02
WITHIN = 2


async def read(ws, waiting):
    """Gives each waiting future the message with its text."""
    async for message in ws:
        message = json.loads(message)
        key = message.get("text") if message["type"] == "said" else (message["type"], message.get("user"))
        future = waiting.get(key)
        if future is not None and not future.done():
            future.set_result(time.perf_counter())


async def one_round(ws, waiting, room, text, due, latencies):
    await asyncio.sleep(max(0, due - time.perf_counter()))
    waiting[text] = asyncio.get_running_loop().create_future()
    await ws.send(json.dumps({"type": "say", "room": room, "text": text}))
    async with asyncio.timeout(WITHIN):
        latencies.append(await waiting[text] - due)


async def member(ws_url, index, row, run, everybody, latencies):
    room = f"{row['team']}-{run}"
    async with connect(f"{ws_url}/rooms?user={row['user']}") as ws:
        waiting = {("joined", row["user"]): asyncio.get_running_loop().create_future()}
        reader = asyncio.create_task(read(ws, waiting))
        await ws.send(json.dumps({"type": "join", "room": room}))
        async with asyncio.timeout(WITHIN):
            await waiting[("joined", row["user"])]
        await everybody.wait()
        began = time.perf_counter()
        rounds = (
            one_round(ws, waiting, room, f"{index} {i}", began + i * EVERY, latencies)
            for i in range(ROUNDS)
        )
        await asyncio.gather(*rounds)
        reader.cancel()


async def test_every_user_hears_the_own_team(ws_url):
    rows = itertools.cycle(csv.DictReader(io.StringIO(USERS)))
    run = uuid.uuid4()
    everybody = asyncio.Barrier(MEMBERS)
    latencies = []
    await asyncio.gather(
        *(member(ws_url, index, next(rows), run, everybody, latencies) for index in range(MEMBERS))
    )
    assert len(latencies) == MEMBERS * ROUNDS
    latencies.sort()
    assert latencies[int(len(latencies) * 0.95)] < 1
