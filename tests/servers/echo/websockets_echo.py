"""An echo on Python's `websockets`, as its documentation has it: the library decides all but the address."""

import argparse
import asyncio

from websockets.asyncio.server import serve


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    args = parser.parse_args()
    async with serve(echo, "127.0.0.1", args.port) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"ready: ws://127.0.0.1:{port}/", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
