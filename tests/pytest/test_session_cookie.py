"""Session cookie: a login by HTTP opens the handshakes after it."""

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


async def test_only_who_has_logged_in_is_let_in(ws_url, api_url):
    url = f"{ws_url}/echo?session=required"
    with pytest.raises(InvalidStatus):
        async with connect(url):
            pass
    async with httpx.AsyncClient(follow_redirects=True) as http:
        answer = await http.post(f"{api_url}/login", json={"user": "anna"})
        assert (answer.status_code, answer.history) == (200, [])
        session = await http.get(f"{api_url}/session")
        assert session.json()["user"] == "anna"
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    async with connect(url, additional_headers={"Cookie": cookies}) as ws:
        await ws.send("hello")
        assert await ws.recv() == "hello"
