"""A GraphQL subscription over graphql-transport-ws."""

import asyncio
import json

from websockets.asyncio.client import connect

SAY = "mutation ($text: String!) { say(text: $text) { id } }"


class Client:
    """Answers the server's pings, whenever they come."""

    def __init__(self, ws):
        self.ws = ws

    async def send(self, **message):
        await self.ws.send(json.dumps(message))

    async def next(self):
        async with asyncio.timeout(2):
            while True:
                message = json.loads(await self.ws.recv())
                if message["type"] != "ping":
                    return message
                await self.send(type="pong")

    async def expect(self, kind):
        message = await self.next()
        while message["type"] != kind:
            message = await self.next()


async def test_what_is_said_is_heard(ws_url):
    async with connect(ws_url, subprotocols=["graphql-transport-ws"]) as ws:
        assert ws.subprotocol == "graphql-transport-ws"
        client = Client(ws)
        await client.send(type="connection_init")
        await client.expect("connection_ack")
        query = {"query": "subscription { said { id text } }"}
        await client.send(type="subscribe", id="s", payload=query)
        # The pong says that the server has read the subscription.
        await client.send(type="ping")
        await client.expect("pong")
        query = {"query": SAY, "variables": {"text": "hello"}}
        await client.send(type="subscribe", id="m", payload=query)
        wanted = {("next", "s"), ("next", "m"), ("complete", "m")}
        while wanted:
            message = await client.next()
            kind = (message["type"], message.get("id"))
            if kind == ("next", "s"):
                assert message["payload"]["data"]["said"]["text"] == "hello"
            wanted.discard(kind)
        await client.send(type="complete", id="s")
