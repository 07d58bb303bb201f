"""Polling a job, and hearing of its end."""

import asyncio
import json
import uuid

import httpx
from websockets.asyncio.client import connect


async def start(http, api_url, user):
    answer = await http.post(f"{api_url}/jobs?takes=700ms&user={user}", content="work")
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    return answer.json()["id"]


async def test_the_job_is_done_in_the_end(api_url):
    async with httpx.AsyncClient() as http:
        job = await start(http, api_url, f"u-{uuid.uuid4()}")
        state = None
        try:
            async with asyncio.timeout(10):
                while True:
                    answer = await http.get(f"{api_url}/jobs/{job}")
                    assert answer.status_code < 400
                    state = answer.json()
                    if state["state"] == "done":
                        break
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"the last answer was {state}") from None
        assert state["asked"] > 1


async def test_its_end_is_told(ws_url, api_url):
    user = f"u-{uuid.uuid4()}"
    async with httpx.AsyncClient() as http, connect(f"{ws_url}/events?user={user}") as owner:
        job = await start(http, api_url, user)
        async with asyncio.timeout(10):
            while True:
                event = json.loads(await owner.recv())
                if event["type"] == "job" and event["data"]["id"] == job:
                    break
        assert event["data"]["state"] == "done"
