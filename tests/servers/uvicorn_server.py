"""A chat backend on Python's `uvicorn` with `starlette`, as their users write one, for our suites to be pointed at.

It owns its routes and nothing else: it has never heard of Sockscope, and no answer depends on who asks. Which library
speaks the protocol is uvicorn's own choice, `--ws`; one uvicorn has one port, so there is no second one with TLS here.
"""

import argparse
import asyncio
import collections
import hmac
import itertools
import json
import os

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

TOKEN = os.environ.get("TOKEN", "let-me-in")
CONNECTIONS_OF_A_USER = 2
ANSWERS = {"config": "config_ack", "message": "response", "ping": "pong"}
LOOPBACK = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"

rooms = collections.defaultdict(set)
listeners = {}
connections = collections.Counter()
event_ids = itertools.count(1)


async def opened(ws, protocols=()):
    """Finishes the handshake. An offer of subprotocols of which none is spoken is refused with 400."""
    offered = ws.scope["subprotocols"]
    chosen = next((name for name in offered if name in protocols), None)
    if offered and not chosen:
        raise HTTPException(400, "none of these subprotocols is spoken here")
    await ws.accept(subprotocol=chosen)


async def messages(ws):
    """What a client sends, as it comes: text or bytes."""
    while (message := await ws.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        yield message["bytes"] if text is None else text


async def send(ws, message):
    await (ws.send_text(message) if isinstance(message, str) else ws.send_bytes(message))


async def tell(members, message):
    """Sends to all. One who has just gone is none of the others' business."""
    text = json.dumps(message)
    await asyncio.gather(*(ws.send_text(text) for ws in list(members)), return_exceptions=True)


def read(message):
    """The JSON of a message; None for what is none, or no text."""
    try:
        return json.loads(message) if isinstance(message, str) else None
    except ValueError:
        return None


def answer(message):
    """The same object under the answering type; everything else comes back as it is."""
    request = read(message)
    kind = request.get("type") if isinstance(request, dict) else None
    if not isinstance(kind, str) or kind not in ANSWERS:
        return message
    return json.dumps(request | {"type": ANSWERS[kind]})


async def answer_all(ws):
    async for message in messages(ws):
        await send(ws, answer(message))


async def talk(ws):
    await opened(ws)
    await answer_all(ws)


async def echo(ws):
    await opened(ws, ("echo.v1", "echo.v2"))
    async for message in messages(ws):
        await send(ws, message)


async def private(ws):
    if not hmac.compare_digest(ws.query_params.get("token", "").encode(), TOKEN.encode()):
        raise HTTPException(401, "a good token is needed")
    user = ws.query_params.get("user", "")
    await opened(ws)
    if connections[user] >= CONNECTIONS_OF_A_USER:
        return await ws.close(1008, "too many connections of this user")
    connections[user] += 1
    try:
        await answer_all(ws)
    finally:
        connections[user] -= 1
        if not connections[user]:
            del connections[user]


async def chat(ws):
    user = ws.query_params.get("user", "guest")
    await opened(ws)

    async def leave(room, reason):
        everybody = list(rooms[room])
        rooms[room].remove(ws)
        if not rooms[room]:
            del rooms[room]
        left = {"type": "left", "room": room, "user": user, "members": len(everybody) - 1, "reason": reason}
        await tell(everybody, left)

    try:
        async for message in messages(ws):
            match read(message):
                case {"type": "join", "room": str(room)}:
                    rooms[room].add(ws)
                    joined = {"type": "joined", "room": room, "user": user, "members": len(rooms[room])}
                    await tell(rooms[room], joined)
                case {"type": "say" | "leave", "room": str(room)} if ws not in rooms.get(room, ()):
                    await ws.send_json({"type": "error", "code": "not_joined", "room": room})
                case {"type": "say", "room": str(room), "text": text}:
                    await tell(rooms[room], {"type": "said", "room": room, "from": user, "text": text})
                case {"type": "leave", "room": str(room)}:
                    await leave(room, "left")
                case _:
                    await ws.send_json({"type": "error", "code": "bad_message"})
    finally:
        for room in [room for room, members in rooms.items() if ws in members]:
            await leave(room, "disconnected")


async def listen(ws):
    # Before the handshake is answered, so that a connected client misses nothing.
    listeners[ws] = ws.query_params.get("user", "")
    try:
        await opened(ws)
        async for _ in messages(ws):
            await ws.send_json({"type": "error", "code": "receive_only"})
    finally:
        del listeners[ws]


async def publish(request):
    try:
        event = await request.json()
    except ValueError:
        return PlainTextResponse("this is not JSON\n", 400)
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not event["type"]:
        return PlainTextResponse("an event has a type\n", 400)
    user = event.get("user")
    meant = [ws for ws, name in listeners.items() if user in (None, name)]
    published = {"type": event["type"], "id": f"evt-{next(event_ids)}", "user": user, "data": event.get("data")}
    await tell(meant, published)
    return JSONResponse({"id": published["id"], "delivered": len(meant)}, 202)


async def health(request):
    return JSONResponse({"status": "ok"})


async def gone(connection, error):
    """Who hangs up before an answer has made no mistake of ours."""


app = Starlette(
    routes=[
        WebSocketRoute("/ws", talk),
        WebSocketRoute("/ws/echo", echo),
        WebSocketRoute("/ws/private", private),
        WebSocketRoute("/ws/rooms", chat),
        WebSocketRoute("/ws/events", listen),
        Route("/api/events", publish, methods=["POST"]),
        Route("/api/health", health),
    ],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origin_regex=LOOPBACK,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type"],
        )
    ],
    exception_handlers={WebSocketDisconnect: gone, ClientDisconnect: gone},
)


class Server(uvicorn.Server):
    """Says where it listens, once it does: uvicorn's own words come in its log, among others."""

    async def startup(self, sockets=None):
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            print(f"ready: ws://127.0.0.1:{port}/ws", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=os.environ.get("WEBSOCKET_PORT", "8000"))
    parser.add_argument("--ws", default="auto", help="what speaks the protocol: websockets, websockets-sansio, wsproto")
    args = parser.parse_args()
    config = uvicorn.Config(
        app,
        port=args.port,
        ws=args.ws,
        ws_max_size=16 * 2**20,
        timeout_graceful_shutdown=1,
        log_level="warning",
    )
    Server(config).run()


if __name__ == "__main__":
    main()
