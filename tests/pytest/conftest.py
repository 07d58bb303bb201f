"""Where the servers are, by the variables that suites read too."""

import os

import pytest


@pytest.fixture
def ws_url():
    return os.environ["WS_URL"]


@pytest.fixture
def api_url():
    return os.environ["API_URL"]
