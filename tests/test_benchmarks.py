"""The benchmarks' own machinery: counting, turns, processes, the page. No peer is needed."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks import client, data, nearness, report, rounds, sgemm, summary, tables, worker
from benchmarks.bench import Bench
from benchmarks.client import Worker, WorkerError, cores, pinned
from benchmarks.nearness import Nearness
from benchmarks.peers import BFLOAT16, COMPILED_TORCH, ONNX, TRAINERS, neurona
from benchmarks.suites import epochs, iris, load, scaling, together
from benchmarks.work import Work, first_weights

ROOT = Path(__file__).parents[1]
FLOWERS = Work((4, 12, 6, 1), 16, data="virginica")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data sets that come with the library, written for the workers."""
    path = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neurona.datasets.mnist.load_data", lambda **_: _small_images())
        data.prepare(path / "data")
    return path


def _small_images() -> Any:
    return data.synthetic(300, 1), data.synthetic(100, 2)


@pytest.fixture
def bench(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    bench = Bench(threads=1, quick=True, engine="numpy", folder=folder)
    yield bench
    bench.dismiss()


def test_flops_are_three_products_a_kernel_but_two_for_the_first() -> None:
    assert Work((2, 3, 4), 1).flops(10) == 10 * 2 * (2 * 2 * 3 + 3 * 3 * 4)
    assert Work((784, 1024, 1024, 1024, 10), 100).flops(60_000) == pytest.approx(951e9, rel=1e-3)


def test_work_survives_json_and_counts_the_smaller_last_batch() -> None:
    assert Work.from_dict(json.loads(json.dumps(FLOWERS.to_dict()))) == FLOWERS
    assert [FLOWERS.steps(rows) for rows in (1, 16, 17, 150)] == [1, 1, 2, 10]


def test_first_weights_are_the_same_each_time_and_within_glorots_limits() -> None:
    weights = first_weights(FLOWERS)
    assert [w.shape for w in weights] == [(4, 12), (12,), (12, 6), (6,), (6, 1), (1,)]
    assert np.abs(weights[0]).max() <= np.sqrt(6 / 16)
    assert all(np.array_equal(a, b) for a, b in zip(weights, first_weights(FLOWERS), strict=True))


def test_turns_are_taken_in_rounds_and_who_fails_is_left_out() -> None:
    calls: list[str] = []

    def task(name: str) -> str:
        calls.append(name)
        if calls.count("b") == 2:
            raise WorkerError("no")
        return name

    names = {name: lambda name=name: task(name) for name in "abc"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "PAUSE", 0.0)
        results, failed = rounds.interleave(names, 3, 0.0)
    assert "".join(calls)[:5] == "abcab"
    assert failed.keys() >= {"b"}
    assert "b" not in results


def test_no_new_round_once_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PAUSE", 0.0)
    results, failed = rounds.interleave({"a": lambda: 1}, 100, 0.0)
    assert results == {"a": [1] * rounds.LEAST}
    assert not failed


def test_spread() -> None:
    assert rounds.spread([3.0, 1.0, 2.0, 10.0]) == {
        "median": 2.5,
        "min": 1.0,
        "max": 10.0,
        "count": 4,
        "values": [3.0, 1.0, 2.0, 10.0],
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.000123456, "0.000123"), (9.999, "10.0"), (0.0999, "0.0999"), (12345.6, "12346")],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert tables.number(value) == text


def test_a_straight_line_is_told_from_a_curve() -> None:
    assert scaling.off_the_line([1, 2, 4, 8], [3, 5, 9, 17]) < 1e-9
    assert scaling.off_the_line([1, 2, 4, 8], [1, 4, 16, 64]) > 0.1


def test_the_peak_is_that_of_a_real_product() -> None:
    assert sgemm.measure("numpy", 64, 2) > 0


def test_synthetic_rows_look_like_mnist_and_can_be_learnt() -> None:
    x, y = data.synthetic(500, 1)
    assert x.shape == (500, 784)
    assert x.dtype == np.uint8
    assert (x == 0).mean() == pytest.approx(0.8, abs=0.05)
    means = np.stack([x[y == k].mean(axis=0) for k in range(10)])
    other, labels = data.synthetic(200, 2)
    distances = ((other[:, None] - means) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == labels).all()


def test_bytes_are_scaled_unless_asked_for_raw(folder: Path) -> None:
    scaled, y = data.load(folder / "data", "mnist", "train", rows=50)
    raw, _ = data.load(folder / "data", "mnist", "train", rows=50, raw=True)
    assert (scaled.dtype, raw.dtype, y.dtype) == (np.float32, np.uint8, np.int64)
    np.testing.assert_allclose(scaled * 255, raw, rtol=1e-6)


def test_a_worker_trains_and_tells(bench: Bench) -> None:
    peer = bench.worker(neurona("numpy"), 1)
    assert peer.prepare(FLOWERS) == {"rows": 150, "engine": "numpy"}
    first, last = peer.call("train", epochs=1), peer.call("train", epochs=60)
    assert 0 < last["loss"] < first["loss"]
    assert peer.call("accuracy") > 0.9
    latency = peer.call("latency", work=FLOWERS.to_dict(), calls=20)
    assert 0 < latency["median"] <= latency["p99"]
    assert "numpy" in peer.versions


def test_a_turn_of_training_is_as_many_calls_as_fill_it(bench: Bench) -> None:
    prepared = bench.crew([neurona("numpy")]).prepare(FLOWERS)
    began = time.perf_counter()
    (turns,) = prepared.train(1, 1, 0.0, turn=0.2).values()
    assert turns[0]["seconds"] < 0.2 <= time.perf_counter() - began


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_worker_knows_its_memory(bench: Bench) -> None:
    memory = bench.worker(neurona("numpy"), 1).call("memory")
    assert 0 < memory["start"] <= memory["imported"] <= memory["peak"]


def test_a_workers_error_is_told_and_the_worker_lives_on(bench: Bench) -> None:
    peer = bench.worker(neurona("numpy"), 1)
    with pytest.raises(WorkerError, match="KeyError"):
        peer.call("latency", work={}, calls=1)
    assert peer.prepare(FLOWERS)["rows"] == 150


def test_a_worker_that_ended_is_an_error_and_is_started_again(bench: Bench) -> None:
    contender = neurona("numpy")
    peer = bench.worker(contender, 1)
    assert peer.versions
    peer.process.kill()
    with pytest.raises(WorkerError, match="ended with code -9"):
        peer.prepare(FLOWERS)
    assert bench.worker(contender, 1).prepare(FLOWERS)["rows"] == 150


def test_a_worker_that_does_not_answer_is_ended(bench: Bench) -> None:
    peer = bench.worker(neurona("numpy"), 1)
    peer.prepare(FLOWERS)
    peer.seconds = 0.05
    with pytest.raises(WorkerError, match="no answer"):
        peer.call("train", epochs=100_000)
    assert peer.process.wait(10) == -9


def test_a_library_that_is_not_there_is_an_error(folder: Path) -> None:
    peer = Worker(client.Contender("nobody", "no_such_module"), 1, folder)
    with pytest.raises(WorkerError, match="ModuleNotFoundError"):
        peer.call("memory")
    peer.close()


class Moved(Nearness):
    """Cores that a host moves."""

    def __init__(self, *found: float) -> None:
        super().__init__(2)
        self.found, self.asked = list(found), list[str]()

    def seconds(self) -> float:
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]

    def _wake(self) -> None:
        self.asked.append("wake")

    def _work(self) -> None:
        self.asked.append("work")


def test_cores_are_brought_near_before_a_turn() -> None:
    for found, asked in (
        ([5e-8], []),
        ([2.5e-7, 2e-8, 5e-8], ["wake", "work"]),
        ([0.0], []),  # one thread, or nobody who could tell
    ):
        last, moved = found[-1], Moved(*found)
        assert moved.settle() == last
        assert moved.asked == asked


def test_cores_that_are_always_far_are_left_alone_after_some_time() -> None:
    moved = Moved(2.5e-7)
    for _ in range(nearness.PATIENCE + 2):
        assert moved.settle() == 2.5e-7
    assert moved.asked == ["wake"] * nearness.TRIES * nearness.PATIENCE


@pytest.mark.skipif(len(cores()) < 2, reason="needs two cores")
def test_waking_leaves_the_affinity_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearness, "WAKING", 0.01)
    before = cores()
    Nearness(2)._wake()
    assert cores() == before


def test_reasons_name_no_folder() -> None:
    reason = str(WorkerError("OSError: cannot open '/somewhere/private/lib.so', n/a, a/b"))
    assert reason == "OSError: cannot open '…', n/a, a/b"


def test_an_answer_is_a_value_or_one_line_about_the_error() -> None:
    assert worker.answer(lambda: 3) == {"value": 3}
    assert worker.answer(lambda: int("a\nb"))["error"].startswith("ValueError: invalid literal")


def test_pinning_holds_inside_alone() -> None:
    before = cores()
    with pinned(1):
        assert len(cores()) == 1 or sys.platform != "linux"
    assert cores() == before


def test_every_contender_has_its_module() -> None:
    for contender in [*TRAINERS, ONNX, COMPILED_TORCH, neurona("auto")]:
        assert (ROOT / "benchmarks" / "peers" / f"{contender.module}.py").exists()


def test_a_suite_runs_and_renders_without_peers(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = client.Contender("nobody", "no_such_module")
    monkeypatch.setattr(iris, "TRAINERS", [nobody])
    result = json.loads(json.dumps(iris.run(bench)))
    text = iris.render(result)
    assert "| neurona |" in text
    assert "nobody: not measured (ModuleNotFoundError" in text


def test_a_load_is_compared_round_by_round(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setattr(load, "HOG", "import time; time.sleep(60)")  # other tests run beside
    nobody = client.Contender("nobody", "no_such_module")
    for name in ("KERAS", "JAX", "TORCH", "SKLEARN"):
        monkeypatch.setattr(load, name, nobody)
    bench = Bench(threads=2, quick=True, engine="numpy", folder=folder)
    result = json.loads(json.dumps(load.run(bench)))
    bench.dismiss()
    assert result["loads"] == [0, 1, 2]
    for label in ("neurona", load.ALONE):
        assert [result["results"][label][str(busy)]["count"] for busy in (0, 1, 2)] == [1, 1, 1]
    # A slow minute in the second round: medians of all would say 7 times.
    result["results"]["neurona"] = {
        "0": rounds.spread([1.0, 10.0, 1.0]),
        "1": rounds.spread([2.0, 20.0, 7.0]),
    }
    page = load.render(result)
    assert "| neurona | 1.00 | 7.00, 2.0× (2.0×–7.0×) | did not end |" in page
    assert f"| {load.ALONE} |" in page
    assert "nobody: not measured" in page


def test_ratios_are_taken_round_by_round() -> None:
    ours = rounds.spread([1.0, 10.0, 1.0])  # the second round met a slow minute
    theirs = rounds.spread([4.0, 40.0, 5.0])
    assert rounds.ratio(theirs, ours)["values"] == [4.0, 4.0, 5.0]
    results = {"neurona": {"seconds": ours}, "peer": {"seconds": theirs}}
    assert tables.seconds_and_times(results, "peer", "neurona") == "5.00 (4.00–40.0), 4.0×"
    assert tables.seconds_and_times(results, "peer", "nobody") == "5.00 (4.00–40.0)"
    assert tables.seconds_and_times(results, "nobody", "neurona") == "–"


def _epochs_result(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    seconds = {"neurona": ours, BFLOAT16: [each / 2 for each in ours], "PyTorch": theirs}
    results = {label: {"seconds": rounds.spread(s), "loss": 0.1} for label, s in seconds.items()}
    measured = [
        {
            "work": Work(epochs.NARROW, 100, optimizer).to_dict(),
            "rows": 60_000,
            "epochs": 3,
            "results": results,
            "meeting": rounds.spread([1.1e-7]),
            "skipped": {},
        }
        for optimizer in ("sgd", "adam")
    ]
    optimizers = {"sgd": rounds.spread([1.0]), "adam": rounds.spread([1.1])}
    return {
        "data": "MNIST",
        "peak": {"numpy": 400.0},
        "measured": measured,
        "optimizers": optimizers,
    }


def _entries(ours: list[float], theirs: list[float], threads: int = 4) -> dict[str, Any]:
    return {"epochs": _entry(_epochs_result(ours, theirs), threads)}


def test_goals_are_met_or_missed() -> None:
    sgd, half, adam, half_adam, pair = summary.lines(_entries([0.1], [0.5]))
    assert (sgd.met, half.met, adam.met, half_adam.met, pair.met) == (True, True, None, None, True)
    assert half.times == pytest.approx(10)
    assert not summary.lines(_entries([0.1], [0.4]))[0].met
    assert "PyTorch" in summary.short(_entries([0.1], [0.5]))
    assert summary.Line("row", "µs", 11, "peer", 20, 1.8, 1.0, 10.0).met is False


def test_a_goal_is_judged_round_by_round() -> None:
    # The medians' ratio is 5.
    assert summary.lines(_entries([0.1, 0.1, 1.0], [0.4, 0.5, 4.0]))[0].times == pytest.approx(4)


def test_without_neurona_there_is_nothing_to_compare() -> None:
    entries = _entries([0.1], [0.5])
    results = entries["epochs"]["result"]["measured"][0]["results"]  # those of both works
    del results["neurona"]
    assert [line.work.split(", ")[-1] for line in summary.lines(entries)] == [
        "bfloat16",
        "bfloat16",
        "Adam against SGD",
    ]
    assert "| PyTorch | 0.500 (0.500–0.500) |" in report.page(entries)


def test_goals_of_epochs_are_a_fifth_less_with_fewer_cores() -> None:
    for factor, met in ((3.7, True), (3.5, False)):
        assert summary.lines(_entries([0.1], [0.1 * factor], threads=2))[0].met is met
        assert not summary.lines(_entries([0.1], [0.1 * factor]))[0].met
    assert "3.6×: missed" in summary.full(_entries([0.1], [0.3], threads=2))
    assert "20% less" in summary.full(_entries([0.1], [0.3], threads=2))
    assert "20% less" not in summary.full(_entries([0.1], [0.3]))


def _entry(result: dict[str, Any], threads: int = 4) -> dict[str, Any]:
    return {
        "date": "2026-01-31",
        "command": "python -m benchmarks.run",
        "threads": threads,
        "quick": False,
        "machine": {"cores": "4"},
        "versions": {"neurona": "0.1.0"},
        "result": result,
    }


def test_the_page_shows_rates_ratios_and_goals(tmp_path: Path) -> None:
    report.save(tmp_path, "epochs", _entry(_epochs_result([0.1], [0.4])))
    page = report.page(report.saved(tmp_path))
    # 60,000 rows of 784-64-64-64-10 take 15.2 GFLOP: 152 GF/s, 38 % of 400.
    assert "| neurona | 0.100 (0.100–0.100), 1.00× | 152 (38%) |" in page
    assert "| PyTorch | 0.400 (0.400–0.400), 4.0× |" in page
    assert "4.5×: missed" in page
    assert "Two threads met in 0.110 (0.110–0.110) (batch 100) µs." in page
    assert "neurona's Adam takes 1.10× SGD's time" in page
    assert "quick run" not in page


def test_the_page_names_no_folder_of_this_machine() -> None:
    entry = _entry(_epochs_result([0.1], [0.4]))
    entry["result"]["data"] = str(ROOT / "build")
    with pytest.raises(ValueError, match="folders of this machine"):
        report.page({"epochs": entry})


def test_many_networks_are_counted_in_networks_a_second() -> None:
    seconds = rounds.spread([1.0, 2.0, 4.0])
    one = {"epochs": 4, "results": {together.TOGETHER: {"seconds": seconds}}}
    rates = together.per_second(one, together.TOGETHER, 16)
    assert [rates[key] for key in ("min", "median", "max")] == [1.0, 2.0, 4.0]


def test_many_networks_are_trained_in_every_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "works", lambda quick: {"flowers": (FLOWERS, 3)})
    result = together.run(bench)
    (one,) = result["measured"]
    assert one["skipped"] == {}
    losses = [found["loss"] for found in one["results"].values()]
    assert losses[0] == losses[1] == losses[2]
    page = together.render(result)
    assert "4-12-6-1, 150 rows, batch 16, 3 epochs" in page
    assert page.count("; together ") == 2
