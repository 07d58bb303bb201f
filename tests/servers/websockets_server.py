"""A chat backend on Python's `websockets`, as its users write one, for our suites to be pointed at.

It owns its routes and nothing else: it has never heard of Sockscope, and no answer depends on who asks. The library
reads no request bodies, so there is no `POST /api/events` here, and no route `/ws/events` to go with it.
"""

import argparse
import asyncio
import collections
import contextlib
import hmac
import http
import json
import os
import signal
import ssl
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import broadcast, serve
from websockets.exceptions import ConnectionClosed, NegotiationError

TOKEN = os.environ.get("TOKEN", "let-me-in")
CONNECTIONS_OF_A_USER = 2
ANSWERS = {"config": "config_ack", "message": "response", "ping": "pong"}

rooms = collections.defaultdict(set)
connections = collections.Counter()


def target(ws):
    """The path of a connection, and what its query says."""
    url = urlsplit(ws.request.path)
    return url.path, {name: values[-1] for name, values in parse_qs(url.query).items()}


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


async def talk(ws, query):
    async for message in ws:
        await ws.send(answer(message))


async def echo(ws, query):
    async for message in ws:
        await ws.send(message)


async def private(ws, query):
    user = query.get("user", "")
    if connections[user] >= CONNECTIONS_OF_A_USER:
        return await ws.close(1008, "too many connections of this user")
    connections[user] += 1
    try:
        await talk(ws, query)
    finally:
        connections[user] -= 1
        if not connections[user]:
            del connections[user]


async def chat(ws, query):
    user = query.get("user", "guest")

    def tell(room, **message):
        broadcast(rooms[room], json.dumps(message | {"room": room}))

    def leave(room, reason):
        count = len(rooms[room]) - 1
        tell(room, type="left", user=user, members=count, reason=reason)
        rooms[room].discard(ws)
        if not rooms[room]:
            del rooms[room]

    try:
        async for message in ws:
            match read(message):
                case {"type": "join", "room": str(room)}:
                    rooms[room].add(ws)
                    tell(room, type="joined", user=user, members=len(rooms[room]))
                case {"type": "say" | "leave", "room": str(room)} if ws not in rooms.get(room, ()):
                    await ws.send(json.dumps({"type": "error", "code": "not_joined", "room": room}))
                case {"type": "say", "room": str(room), "text": text}:
                    tell(room, type="said", **{"from": user, "text": text})
                case {"type": "leave", "room": str(room)}:
                    leave(room, "left")
                case _:
                    await ws.send(json.dumps({"type": "error", "code": "bad_message"}))
    finally:
        for room in [room for room, members in rooms.items() if ws in members]:
            leave(room, "disconnected")


ROUTES = {"/ws": talk, "/ws/echo": echo, "/ws/private": private, "/ws/rooms": chat}


async def handle(ws):
    path, query = target(ws)
    # Who hangs up without a goodbye has made no mistake of ours.
    with contextlib.suppress(ConnectionClosed):
        await ROUTES[path](ws, query)


def choose_protocol(ws, offered):
    """The first one offered that is spoken; an offer of others only is refused with 400."""
    if not offered:
        return None
    spoken = ["echo.v1", "echo.v2"] if target(ws)[0] == "/ws/echo" else []
    for protocol in offered:
        if protocol in spoken:
            return protocol
    raise NegotiationError("none of these subprotocols is spoken here")


def admit(ws, request):
    """Answers plain HTTP, and refuses handshakes; None lets one go on."""
    path, query = target(ws)
    if path == "/api/health":
        return ws.respond(http.HTTPStatus.OK, json.dumps({"status": "ok"}))
    if path not in ROUTES:
        return ws.respond(http.HTTPStatus.NOT_FOUND, "no such route\n")
    if path == "/ws/private" and not hmac.compare_digest(query.get("token", "").encode(), TOKEN.encode()):
        return ws.respond(http.HTTPStatus.UNAUTHORIZED, "a good token is needed\n")
    return None


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=os.environ.get("WEBSOCKET_PORT", "8765"))
    parser.add_argument("--tls-port", type=int, default=os.environ.get("WEBSOCKET_SSL_PORT"))
    parser.add_argument("--cert", help="PEM file of the certificate, for --tls-port")
    parser.add_argument("--key", help="PEM file of its key")
    args = parser.parse_args()

    ports = [(args.port, None)]
    if args.tls_port is not None and args.cert and args.key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
        ports.append((args.tls_port, context))

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    servers = [
        await serve(
            handle,
            "127.0.0.1",
            port,
            ssl=context,
            process_request=admit,
            select_subprotocol=choose_protocol,
            max_size=16 * 2**20,
            close_timeout=1,
        )
        for port, context in ports
    ]
    numbers = [server.sockets[0].getsockname()[1] for server in servers]
    schemes = ["ws", "wss"]
    print("ready:", *(f"{s}://127.0.0.1:{n}/ws" for s, n in zip(schemes, numbers)), flush=True)

    await stopped.wait()
    for server in servers:
        server.close()
    for server in servers:
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
