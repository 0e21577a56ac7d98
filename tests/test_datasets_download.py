"""Data sets that are fetched: mirrors, interruptions, what is kept."""

import gzip
import io
import os
import sys
from dataclasses import replace
from functools import partial
from http.client import IncompleteRead
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.error import HTTPError, URLError

import pytest

from neurona.data.datasets import download
from neurona.data.datasets.fashion_mnist import FASHION_MNIST
from neurona.data.datasets.mnist import MNIST
from neurona.errors import DatasetError
from toy_dataset import (
    PLAIN,
    REAL_OPEN_URL,
    TOY,
    Web,
    check_toy,
    put,
    quiet_home,  # noqa: F401
)


class Answer(io.BytesIO):
    """What ``open_url`` gives: a file with headers, that may break off."""

    def __init__(self, content, length=None, fails=None):
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content) if length is None else length)}
        self.fails = fails

    def read(self, size=-1):
        piece = super().read(size)
        if not piece and self.fails:
            raise self.fails
        return piece


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def good(url):
    return Answer(gzip.compress(PLAIN[url.rsplit("/", 1)[1].removesuffix(".gz")]))


def load_from(monkeypatch, rule):
    web = Web(rule)
    monkeypatch.setattr(download, "open_url", web)
    check_toy(TOY.load())
    return web.asked


def test_fetched_once_and_kept(home, monkeypatch):
    asked = load_from(monkeypatch, good)
    assert asked == [f"https://one.invalid/{name}.gz" for name in PLAIN]
    cache = home / "cache" / "neurona" / "toy"
    assert sorted(p.name for p in cache.iterdir()) == sorted(f"{name}.gz" for name in PLAIN)
    assert load_from(monkeypatch, lambda url: AssertionError("asked again")) == []


def test_only_what_is_missing_or_damaged_is_fetched(home, monkeypatch):
    cache = put(home / "cache" / "neurona" / "toy", "plain", skip=["train-labels-idx1-ubyte"])
    (cache / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    expected = ["train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    for fetched in (expected, []):  # the second time all is there
        asked = load_from(monkeypatch, good)
        assert [url.rsplit("/", 1)[1] for url in asked] == fetched


def http(code):
    return HTTPError("https://one.invalid/x", code, "says no", {}, io.BytesIO())


@pytest.mark.parametrize(
    "bad",
    [
        lambda url: URLError(TimeoutError("timed out")),
        lambda url: http(503),
        lambda url: http(404),
        lambda url: Answer(b"<html>log in first</html>"),
        lambda url: Answer(gzip.compress(b"\0" * 40)),
        lambda url: Answer(good(url).getvalue()[:-9]),
        lambda url: Answer(good(url).getvalue()[:-9], length=999),
        lambda url: Answer(good(url).getvalue()[:9], fails=ConnectionResetError("reset")),
        lambda url: Answer(good(url).getvalue()[:9], fails=IncompleteRead(b"", 5)),
        lambda url: Answer(b"\x1f\x8b" + bytes(1 << 20)),
    ],
    ids=[
        "timeout",
        "503",
        "404",
        "page",
        "other",
        "cut",
        "short",
        "reset",
        "incomplete",
        "endless",
    ],
)
def test_the_next_mirror_is_asked(home, monkeypatch, bad):
    asked = load_from(monkeypatch, lambda url: bad(url) if "one." in url else good(url))
    assert len(asked) == 2 * len(PLAIN)
    assert not list(home.rglob("*.part"))


def test_passing_trouble_is_asked_again_with_longer_pauses(monkeypatch):
    pauses = []
    monkeypatch.setattr(download, "pause", pauses.append)
    troubles = iter([http(500), URLError("down"), http(429), ConnectionResetError("reset")])
    asked = load_from(monkeypatch, lambda url: next(troubles, None) or good(url))
    assert len(asked) == 4 + len(PLAIN)
    assert pauses == [1.0, 2.0]


def test_a_mirror_without_the_file_or_with_a_false_one_is_not_asked_again(home, monkeypatch):
    web = Web(lambda url: http(404) if "one." in url else Answer(b"false"))
    monkeypatch.setattr(download, "open_url", web)
    pauses = []
    monkeypatch.setattr(download, "pause", pauses.append)
    with pytest.raises(DatasetError, match=r"(?s)HTTP Error 404.*https://two\S+: not an IDX"):
        TOY.load()
    assert (len(web.asked), pauses) == (2, [])
    assert not [p for p in home.rglob("*") if p.is_file()]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_an_interruption_leaves_no_half_file(home, monkeypatch, error):
    name = "train-labels-idx1-ubyte.gz"
    rule = lambda url: Answer(b"half", fails=error) if name in url else good(url)  # noqa: E731
    monkeypatch.setattr(download, "open_url", Web(rule))
    with pytest.raises(type(error)):
        TOY.load()
    files = [p.name for p in home.rglob("*") if p.is_file()]
    assert files == ["train-images-idx3-ubyte.gz"]
    load_from(monkeypatch, good)  # and the next time all is well


def test_a_full_disk_is_not_the_mirrors_fault(home, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    web = Web(good)
    monkeypatch.setattr(download, "open_url", web)
    with pytest.raises(DatasetError, match=r"Cannot write to .*toy \(No space left on device\)"):
        TOY.load()
    assert len(web.asked) == 1
    assert not [p for p in home.rglob("*") if p.is_file()]


def test_a_cache_that_cannot_be_made(home, monkeypatch):
    (home / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(download, "open_url", Web(good))
    with pytest.raises(DatasetError, match="Cannot write to"):
        TOY.load()


def test_a_mirror_that_only_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(download, "DEADLINE", -1.0)
    monkeypatch.setattr(download, "open_url", Web(good))
    with pytest.raises(DatasetError, match="not finished after"):
        TOY.load()


def test_a_real_server(home, monkeypatch):
    put(home / "served", skip=["t10k-labels-idx1-ubyte"])
    handler = partial(QuietHandler, directory=str(home / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        source = replace(TOY, mirrors=(f"http://127.0.0.1:{server.server_port}/",))
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(download, "open_url", REAL_OPEN_URL)
        with pytest.raises(DatasetError, match="HTTP Error 404"):
            source.load()
        put(home / "served")
        check_toy(source.load())
        server.shutdown()


def test_progress_on_a_terminal_alone(monkeypatch, capsys):
    load_from(monkeypatch, good)
    assert capsys.readouterr() == ("", "")
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", screen)
    with download._progress("file.gz", 10) as advance:
        advance(10)
    assert "file.gz" in screen.getvalue()


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST], ids=lambda s: s.title)
def test_sources_are_well_formed(source):
    assert len(source.mirrors) >= 3
    assert all(m.startswith("https://") and m.endswith("/") for m in source.mirrors)
    assert [f.shape for f in source.files.values()] == [
        (60000, 28, 28), (60000,), (10000, 28, 28), (10000,)
    ]  # fmt: skip
    assert len({f.sha256 for f in source.files.values()}) == 4
    assert all(len(bytes.fromhex(f.sha256)) == 32 for f in source.files.values())
