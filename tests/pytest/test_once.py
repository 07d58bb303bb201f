"""Exactly once across reconnects, with a heartbeat meanwhile."""

import asyncio
import json
import uuid

import httpx
from websockets.asyncio.client import connect


class Client:
    """One connection after the other; the heartbeat's replies are kept apart from events."""

    def __init__(self, url):
        self.url = url
        self.seen = set()
        self.events = asyncio.Queue()

    async def __aenter__(self):
        self.ws = await connect(self.url)
        self.pulse = asyncio.Event()
        self.tasks = [asyncio.create_task(self.read()), asyncio.create_task(self.beat())]
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            if task.done():
                task.result()
            task.cancel()
        await self.ws.close()

    async def read(self):
        async for message in self.ws:
            message = json.loads(message)
            if message["type"] == "error":
                self.pulse.set()
                continue
            assert message["id"] not in self.seen, f"{message} came twice"
            self.seen.add(message["id"])
            self.events.put_nowait(message)

    async def beat(self):
        while True:
            await asyncio.sleep(0.15)
            self.pulse.clear()
            await self.ws.send("ping")
            async with asyncio.timeout(5):
                await self.pulse.wait()


async def test_no_event_comes_twice(ws_url, api_url):
    user = f"u-{uuid.uuid4()}"
    client = Client(f"{ws_url}/events?user={user}")
    async with httpx.AsyncClient() as http:
        for i in range(3):
            async with client:
                event = {"user": user, "type": "news", "data": i}
                answer = await http.post(f"{api_url}/events", json=event)
                assert (answer.status_code, answer.json()["delivered"]) == (202, 1)
                async with asyncio.timeout(2):
                    event = await client.events.get()
                assert (event["type"], event["data"]) == ("news", i)
            async with client:
                await asyncio.sleep(0.3)
                assert client.events.empty()
