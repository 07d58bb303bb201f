"""A chat backend on Python's `aiohttp`, as its users write one, for our suites to be pointed at.

It owns its routes and nothing else: it has never heard of Sockscope, and no answer depends on who asks. HTTP and
WebSocket share the port and the application, so an HTTP call can cause a WebSocket event here.
"""

import argparse
import asyncio
import collections
import contextlib
import hmac
import itertools
import json
import os
import re
import signal
import ssl
import weakref

from aiohttp import WSCloseCode, WSMsgType, web

TOKEN = os.environ.get("TOKEN", "let-me-in")
CONNECTIONS_OF_A_USER = 2
LARGEST_MESSAGE = 16 * 2**20
ANSWERS = {"config": "config_ack", "message": "response", "ping": "pong"}
LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")

OPEN = web.AppKey("OPEN", weakref.WeakSet)
ROOMS = web.AppKey("ROOMS", dict)
LISTENERS = web.AppKey("LISTENERS", dict)
CONNECTIONS = web.AppKey("CONNECTIONS", collections.Counter)

routes = web.RouteTableDef()
event_ids = itertools.count(1)


async def opened(request, protocols=()):
    """Finishes the handshake. An offer of subprotocols of which none is spoken is refused with 400."""
    offer = request.headers.get("Sec-WebSocket-Protocol", "")
    offered = [name.strip() for name in offer.split(",") if name.strip()]
    chosen = [name for name in offered if name in protocols][:1]
    if offered and not chosen:
        raise web.HTTPBadRequest(text="none of these subprotocols is spoken here\n")
    ws = web.WebSocketResponse(protocols=chosen, max_msg_size=LARGEST_MESSAGE, timeout=2)
    await ws.prepare(request)
    request.app[OPEN].add(ws)
    return ws


async def tell(members, message):
    """Sends to all. One who has just gone is none of the others' business."""
    text = json.dumps(message)
    await asyncio.gather(*(ws.send_str(text) for ws in list(members)), return_exceptions=True)


def read(message):
    """The JSON of a message; None for what is none, or no text."""
    try:
        return json.loads(message) if isinstance(message, str) else None
    except ValueError:
        return None


def answer(text):
    """The same object under the answering type; everything else comes back as it is."""
    request = read(text)
    kind = request.get("type") if isinstance(request, dict) else None
    if not isinstance(kind, str) or kind not in ANSWERS:
        return text
    return json.dumps(request | {"type": ANSWERS[kind]})


async def answer_all(ws, answer):
    # Who hangs up before an answer has made no mistake of ours.
    with contextlib.suppress(ConnectionResetError):
        async for message in ws:
            if message.type == WSMsgType.TEXT:
                await ws.send_str(answer(message.data))
            elif message.type == WSMsgType.BINARY:
                await ws.send_bytes(message.data)


@routes.get("/ws")
async def talk(request):
    ws = await opened(request)
    await answer_all(ws, answer)
    return ws


@routes.get("/ws/echo")
async def echo(request):
    ws = await opened(request, ("echo.v1", "echo.v2"))
    await answer_all(ws, lambda text: text)
    return ws


@routes.get("/ws/private")
async def private(request):
    if not hmac.compare_digest(request.query.get("token", "").encode(), TOKEN.encode()):
        raise web.HTTPUnauthorized(text="a good token is needed\n")
    user, connections = request.query.get("user", ""), request.app[CONNECTIONS]
    ws = await opened(request)
    if connections[user] >= CONNECTIONS_OF_A_USER:
        await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many connections of this user")
        return ws
    connections[user] += 1
    try:
        await answer_all(ws, answer)
    finally:
        connections[user] -= 1
        if not connections[user]:
            del connections[user]
    return ws


@routes.get("/ws/rooms")
async def chat(request):
    rooms, user = request.app[ROOMS], request.query.get("user", "guest")
    ws = await opened(request)

    async def leave(room, reason):
        everybody = list(rooms[room])
        rooms[room].remove(ws)
        if not rooms[room]:
            del rooms[room]
        left = {"type": "left", "room": room, "user": user, "members": len(everybody) - 1, "reason": reason}
        await tell(everybody, left)

    try:
        async for message in ws:
            match read(message.data):
                case {"type": "join", "room": str(room)}:
                    members = rooms.setdefault(room, set())
                    members.add(ws)
                    await tell(members, {"type": "joined", "room": room, "user": user, "members": len(members)})
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
    return ws


@routes.get("/ws/events")
async def listen(request):
    ws, listeners = await opened(request), request.app[LISTENERS]
    listeners[ws] = request.query.get("user", "")
    try:
        async for _ in ws:
            await ws.send_json({"type": "error", "code": "receive_only"})
    finally:
        del listeners[ws]
    return ws


@routes.post("/api/events")
async def publish(request):
    try:
        event = await request.json()
    except ConnectionResetError:
        raise web.HTTPBadRequest
    except ValueError:
        raise web.HTTPBadRequest(text="this is not JSON\n")
    if not isinstance(event, dict) or not isinstance(event.get("type"), str) or not event["type"]:
        raise web.HTTPBadRequest(text="an event has a type\n")
    user = event.get("user")
    meant = [ws for ws, name in request.app[LISTENERS].items() if user in (None, name)]
    published = {"type": event["type"], "id": f"evt-{next(event_ids)}", "user": user, "data": event.get("data")}
    await tell(meant, published)
    return web.json_response({"id": published["id"], "delivered": len(meant)}, status=202)


@routes.options("/api/{anything:.*}")
async def preflight(request):
    return web.Response(status=204)


@routes.get("/api/health")
async def health(request):
    return web.json_response({"status": "ok"})


async def allow_loopback(request, response):
    """CORS for every page of this machine."""
    origin = request.headers.get("Origin", "")
    if request.path.startswith("/api/") and LOOPBACK.fullmatch(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "content-type"
        response.headers["Vary"] = "Origin"


async def say_goodbye(app):
    goodbyes = (ws.close(code=WSCloseCode.GOING_AWAY, message=b"server going away") for ws in set(app[OPEN]))
    await asyncio.gather(*goodbyes, return_exceptions=True)


def application():
    app = web.Application()
    app[OPEN], app[ROOMS], app[LISTENERS] = weakref.WeakSet(), {}, {}
    app[CONNECTIONS] = collections.Counter()
    app.add_routes(routes)
    app.on_response_prepare.append(allow_loopback)
    app.on_shutdown.append(say_goodbye)
    return app


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=os.environ.get("WEBSOCKET_PORT", "8080"))
    parser.add_argument("--tls-port", type=int, default=os.environ.get("WEBSOCKET_SSL_PORT"))
    parser.add_argument("--cert", help="PEM file of the certificate, for --tls-port")
    parser.add_argument("--key", help="PEM file of its key")
    args = parser.parse_args()

    runner = web.AppRunner(application(), shutdown_timeout=1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", args.port).start()
    if args.tls_port is not None and args.cert and args.key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
        await web.TCPSite(runner, "127.0.0.1", args.tls_port, ssl_context=context).start()

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    ports = [port for _, port in runner.addresses]
    print("ready:", *(f"{s}://127.0.0.1:{p}/ws" for s, p in zip(["ws", "wss"], ports)), flush=True)
    await stopped.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
