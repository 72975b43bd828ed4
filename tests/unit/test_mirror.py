"""A store shared through an object store: one result of each step, verified, whoever computed it."""

import json
import os
import pickle
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from toys import experiment

from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.mirror import MirroredStore, is_url
from genloop.policies import Replace
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.steps import Step
from genloop.types import Runtime

pytest.importorskip("obstore")
LOOPS = experiment()


class Journal(Silence):
    def __init__(self) -> None:
        self.began: list[str] = []

    def started(self, step: Step) -> None:
        self.began.append(step.key)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Return the address of an S3 server on this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a new place in a folder, or in a bucket."""
    if request.param == "file":
        return f"file://{tmp_path}/remote"
    address = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "a secret",
        "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    import boto3

    boto3.client("s3", endpoint_url=address).create_bucket(Bucket=tmp_path.name.replace("_", "-"))
    return f"s3://{tmp_path.name.replace('_', '-')}/loops"


def keys(found: Run) -> set[str]:
    return {key for item in found.record.iterations for key in item.steps} | {found.record.source}


def test_what_one_machine_computed_another_reads(url, tmp_path):
    one = run(LOOPS, tmp_path / "one", store_dir=url)
    journal = Journal()
    two = run(LOOPS, tmp_path / "two", store_dir=url, listener=journal)
    assert journal.began == []
    assert list(one.rows()) == list(two.rows())
    assert {key: one.manifest(key) for key in keys(one)} == {key: two.manifest(key) for key in keys(one)}


def test_without_the_object_store_a_run_is_read_as_ever(url, tmp_path, monkeypatch):
    found = run(LOOPS, tmp_path / "one", store_dir=url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    (tmp_path / "remote").exists() and (tmp_path / "remote").rename(tmp_path / "gone")
    assert list(Run(tmp_path / "one").rows()) == list(found.rows())
    assert Run(tmp_path / "one").is_complete()


def test_whoever_is_second_has_the_result_of_the_first(url, tmp_path):
    one, two = (MirroredStore(tmp_path / name, url).open() for name in ("one", "two"))

    def write(text: str):
        def to(out: Path, scratch: Path):
            (out / "said").write_text(text)
            if text == "second":  # meanwhile, on another machine
                one.create("fit-1", {}, write("first"))
            return {"by": text}

        return to

    assert two.create("fit-1", {}, write("second")).facts == {"by": "first"}
    assert (two.path("fit-1") / "said").read_text() == "first"
    assert one.find("fit-1") == two.find("fit-1")


def test_what_is_here_alone_goes_up(url, tmp_path):
    """As after a crash between the two, or of a run that began without an object store."""
    run(LOOPS, tmp_path / "one")
    run(LOOPS, tmp_path / "one", store_dir=url)
    journal = Journal()
    run(LOOPS, tmp_path / "two", store_dir=url, listener=journal)
    assert journal.began == []


def test_a_damaged_object_is_refused_by_name(url, tmp_path):
    run(LOOPS, tmp_path / "one", store_dir=url)
    remote = MirroredStore(tmp_path / "cache", url)._opened()
    files = [each["path"] for page in remote.list("files") for each in page if each["size"]]
    for name in files:
        remote.put(name.removeprefix("loops/"), b"something else")
    with pytest.raises(UserError, match=r"steps/\S+\.json and its files are not what was sent there\. Remove it"):
        run(LOOPS, tmp_path / "two", store_dir=url)


def test_workers_share_it(url, tmp_path):
    one = run(LOOPS, tmp_path / "one", store_dir=url, executor=LocalExecutor(Runtime(threads=1), jobs=2))
    assert list(one.rows()) == list(run(LOOPS, tmp_path / "alone").rows())
    store = pickle.loads(pickle.dumps(MirroredStore(tmp_path / "new", url)))
    assert store.open().find(one.record.iterations[0].model)


@pytest.mark.parametrize("missing", ["s3://no-such-bucket/x", "s3://", "gs://"])
def test_what_cannot_be_used_is_one_sentence_before_anything_is_computed(missing, tmp_path, request, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    journal = Journal()
    with pytest.raises(UserError, match="cannot be used: ") as problem:
        run(LOOPS, tmp_path / "one", store_dir=missing, listener=journal)
    assert "a secret" not in str(problem.value)
    assert "\n" not in str(problem.value)
    assert journal.began == []


def test_credentials_are_in_no_file(url, tmp_path):
    run(LOOPS, tmp_path / "one", store_dir=url)
    written = b"".join(path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert b"a secret" not in written
    record = json.loads((tmp_path / "one" / "run.json").read_text())
    assert record["store_dir"] == "store"
    assert os.environ.get("AWS_SECRET_ACCESS_KEY", "") in ("", "a secret")


def test_urls():
    assert is_url("s3://bucket/prefix")
    assert not is_url("runs/s3:/x")
    assert not is_url("s4://bucket")


class Flaky(BaseHTTPRequestHandler):
    """Passes requests on to a server, but breaks the first attempt at each: refuses it, or cuts what it answers."""

    address: ClassVar[str]
    broken: ClassVar[dict[tuple[str, str], str]]

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body, asked = self.rfile.read(length), (self.command, self.path)
        if asked not in self.broken:
            self.broken[asked] = ("503", "500", "cut")[len(self.broken) % 3 if self.command == "GET" else 0]
            if self.broken[asked] != "cut":
                self.send_error(int(self.broken[asked]))
                return
            self.pass_on(body, keep=0.5)
            return
        self.pass_on(body, keep=1.0)

    def pass_on(self, body: bytes, keep: float) -> None:
        connection = HTTPConnection(self.address)
        connection.request(self.command, self.path, body, dict(self.headers))
        found = connection.getresponse()
        content = found.read()
        self.send_response(found.status)
        for name, value in found.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content[: int(keep * len(content))])
        self.close_connection = True

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, *_: Any) -> None: ...


@pytest.mark.parametrize("url", ["s3"], indirect=True)
def test_what_fails_for_the_moment_is_tried_again(url, tmp_path, monkeypatch):
    Flaky.address, Flaky.broken = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://"), {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Flaky)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    loop = experiment(num_iterations=1, policies=(Replace(),))
    one = run(loop, tmp_path / "one", store_dir=url)
    journal = Journal()
    two = run(loop, tmp_path / "two", store_dir=url, listener=journal)
    server.shutdown()
    assert journal.began == []
    assert list(one.rows()) == list(two.rows())
    assert set(Flaky.broken.values()) == {"503", "500", "cut"}
