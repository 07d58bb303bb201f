"""JSON-RPC: calls, answers out of order, a batch, notifications, errors, a job."""

import asyncio
import itertools
import json

import pytest
from websockets.asyncio.client import connect


class Caller:
    """Gives each call the answer with its id."""

    def __init__(self, ws):
        self.ws = ws
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.others = []
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        async for message in self.ws:
            answer = json.loads(message)
            future = self.waiting.pop(answer.get("id"), None) if isinstance(answer, dict) else None
            if future is None:
                self.others.append(answer)
            else:
                future.set_result(answer)

    async def call(self, method, params=None, within=2):
        number = next(self.numbers)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        await self.ws.send(json.dumps(request))
        async with asyncio.timeout(within):
            return await answer


@pytest.fixture
async def caller(ws_url):
    async with connect(f"{ws_url}/rpc") as ws:
        caller = Caller(ws)
        yield caller
        caller.reader.cancel()


async def test_a_call_gets_its_result(caller):
    answer = await caller.call("add", [19, 23])
    assert (answer["jsonrpc"], answer["result"]) == ("2.0", 42)
    assert caller.others == []


async def test_a_slow_call_holds_no_other_one_up(caller):
    slow = asyncio.create_task(caller.call("slow", {"ms": 300}))
    quick = await caller.call("add", [1, 2], within=0.25)
    assert quick["result"] == 3
    assert (await slow)["result"] == "late"


async def test_a_batch_is_answered_as_a_batch(caller):
    batch = [
        {"jsonrpc": "2.0", "id": "a", "method": "add", "params": [1, 1]},
        {"jsonrpc": "2.0", "method": "log", "params": ["x"]},
        {"jsonrpc": "2.0", "id": "b", "method": "add", "params": [2, 2]},
    ]
    await caller.ws.send(json.dumps(batch))
    async with asyncio.timeout(2):
        while not caller.others:
            await asyncio.sleep(0.01)
    (answers,) = caller.others
    assert {answer["id"]: answer["result"] for answer in answers} == {"a": 2, "b": 4}
    assert len(answers) == 2


async def test_a_notification_gets_no_answer(caller):
    await caller.ws.send(json.dumps({"jsonrpc": "2.0", "method": "log", "params": ["x"]}))
    await asyncio.sleep(0.2)
    assert caller.others == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [("nothing", {}, -32601), ("job.status", {"job": "none"}, -32000)],
)
async def test_a_call_fails_with_its_code(caller, method, params, code):
    error = (await caller.call(method, params))["error"]
    assert error["code"] == code and error["message"]


async def test_a_job_is_done_in_the_end(caller):
    job = (await caller.call("job.start"))["result"]["job"]
    for _ in range(20):
        result = (await caller.call("job.status", {"job": job}))["result"]
        assert result["job"] == job
        if result["state"] == "done":
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the last answer was {result}")
