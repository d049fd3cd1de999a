"""The fixture `bonin`: a sandbox of Bonin for all tests of a session, on a free port, with nothing on disk."""

import json
import os
import shlex
import subprocess
import time
import urllib.request

import pytest

START = os.environ.get("START_BONIN", "npx --yes --package=node@24 --package=bonin bonin")
PATIENCE = 120  # seconds; npm may have to fetch it first


class Bonin:
    def __init__(self, ready):
        self.url = ready["rest_url"]
        self.imp_key = ready["imp_key"]
        self.imp_secret = ready["imp_secret"]
        self.user_code = ready["user_code"]

    def call(self, path, body=None):
        """One request, as JSON with a body and GET without; returns `response` of the answer."""
        request = urllib.request.Request(self.url + path, headers={"Content-Type": "application/json"})
        if body is not None:
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["response"]

    def certify(self, **person):
        """Makes a certification and returns its imp_uid. Without values, the person is 홍길동."""
        return self.call("/sandbox/certifications", person)["imp_uid"]


@pytest.fixture(scope="session")
def bonin(tmp_path_factory):
    file = tmp_path_factory.mktemp("bonin") / "ready.json"
    words = ["dev", "--memory", "--port", "0", "--ready-file", str(file)]
    process = subprocess.Popen([*shlex.split(START), *words], stdout=subprocess.DEVNULL)
    try:
        yield Bonin(wait_for(file, process))
    finally:
        process.terminate()
        process.wait()


def wait_for(file, process):
    end = time.monotonic() + PATIENCE
    while not file.exists():
        if process.poll() is not None:
            pytest.fail(f"Bonin has ended with {process.returncode}")
        if time.monotonic() > end:
            pytest.fail("Bonin is not ready")
        time.sleep(0.1)
    return json.loads(file.read_text("utf-8"))
