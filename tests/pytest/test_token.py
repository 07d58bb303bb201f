"""Login, then a token."""

import asyncio
import itertools
import json

import httpx
from websockets.asyncio.client import connect

numbers = itertools.count(1)


async def login(api_url, user, password):
    async with httpx.AsyncClient() as http:
        return await http.post(f"{api_url}/login", json={"user": user, "password": password})


async def next_that(ws, is_it):
    """The next message of its kind; others come in between."""
    async with asyncio.timeout(2):
        while True:
            message = json.loads(await ws.recv())
            if is_it(message):
                return message


async def ask(ws, **request):
    number = next(numbers)
    await ws.send(json.dumps({**request, "request_id": number}))
    return await next_that(ws, lambda message: message.get("request_id") == number)


async def test_a_trader_who_has_logged_in_gets_ticks(ws_url, api_url):
    answer = await login(api_url, "trader", "open sesame")
    assert answer.status_code == 200
    async with connect(ws_url) as ws:
        reply = await ask(ws, op="auth", token=answer.json()["token"])
        assert reply["ok"] is True
        reply = await ask(ws, op="subscribe", channel="ticks.*")
        assert reply["ok"] is True
        tick = await next_that(ws, lambda message: message["type"] == "tick")
        assert tick["data"]["price"] > 0


async def test_a_wrong_password_gives_no_token(ws_url, api_url):
    answer = await login(api_url, "stranger", "guessed")
    assert answer.status_code == 401
    async with connect(ws_url) as ws:
        reply = await ask(ws, op="subscribe", channel="ticks.*")
        assert (reply["type"], reply["code"]) == ("error", "UNAUTHENTICATED")
