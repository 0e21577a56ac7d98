"""Opens files made to do harm, each in a process of its own, and reports what came of it.

Run by test_files_hostile.py, because memory can only be measured of a whole process:
``python files_hostile.py FOLDER`` prints one JSON line for each file.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from faults.files_tools import (
    entry,
    header_of,
    layer_config,
    model_bytes,
    model_config,
    sealed,
    small_model,
)
from neurona import load_model

DEEP = 100_000
MANY = 100_000
HUGE = 2**62


def headers() -> Iterator[tuple[str, bytes, bytes]]:
    """Files whose header is wrong: name, header, data."""
    model = model_config()
    pair = {"a": entry([2], 0, 8), "b": entry([2], 4, 12)}
    yield "overlap", header_of(pair, model), bytes(12)
    yield "gap", header_of({"a": entry([2], 0, 8), "b": entry([1], 12, 16)}, model), bytes(16)
    yield (
        "same bytes twice",
        header_of({"a": entry([2], 0, 8), "b": entry([2], 0, 8)}, model),
        bytes(8),
    )
    yield "too few bytes", header_of({"a": entry([4], 0, 16)}, model), bytes(12)
    yield "bytes left over", header_of({"a": entry([2], 0, 8)}, model), bytes(12)
    yield "shape overflows 64 bits", header_of({"a": entry([2**32, 2**32], 0, 0)}, model), b""
    yield "shape of 2**63", header_of({"a": entry([2**63], 0, 0)}, model), b""
    yield "shape of many", header_of({"a": entry([2**40] * 1000, 0, 8)}, model), bytes(8)
    yield "shape and bytes differ", header_of({"a": entry([3], 0, 8)}, model), bytes(8)
    yield "negative shape", header_of({"a": entry([-1, -2], 0, 8)}, model), bytes(8)
    yield "shape of truths", header_of({"a": entry([True, 2], 0, 8)}, model), bytes(8)
    yield "shape of fractions", header_of({"a": entry([2.0], 0, 8)}, model), bytes(8)
    yield "shape that is text", header_of({"a": entry("22", 0, 8)}, model), bytes(8)
    yield "offsets reversed", header_of({"a": entry([2], 8, 0)}, model), bytes(8)
    yield "offsets beyond", header_of({"a": entry([2], HUGE, HUGE + 8)}, model), bytes(8)
    yield (
        "three offsets",
        header_of({"a": {**entry([2], 0, 8), "data_offsets": [0, 8, 8]}}, model),
        bytes(8),
    )
    yield (
        "unaligned",
        header_of({"a": entry([1], 0, 1, "U8"), "b": entry([1], 1, 5)}, model),
        bytes(5),
    )
    yield "unknown dtype", header_of({"a": entry([2], 0, 4, "BF16")}, model), bytes(4)
    yield "dtype of objects", header_of({"a": entry([1], 0, 8, "O")}, model), bytes(8)
    yield "dtype that is a list", header_of({"a": entry([2], 0, 8, ["F32"])}, model), bytes(8)
    yield "entry that is a number", header_of({"a": 5}, model), b""
    yield "entry with more", header_of({"a": {**entry([0], 0, 0), "path": "../a"}}, model), b""
    yield (
        "duplicate tensor",
        header_of('"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},' * 2 + '"b":0', model),
        b"",
    )
    yield "duplicate metadata", header_of('"__metadata__":{}', model), b""
    many = {f"weights/{i}": entry([0], 0, 0) for i in range(MANY)}
    yield "10**5 tensors", header_of(many, model), b""
    few = {f"w{i}": entry([0], 0, 0) for i in range(14_000)}
    yield "14,000 tensors", header_of(few, model), b""
    yield (
        "duplicate among many",
        header_of(",".join(f'"{i}":0' for i in range(MANY)) + ',"0":0', model),
        b"",
    )
    yield "nested objects", header_of('"a":' * 1 + '{"a":' * DEEP + "1" + "}" * DEEP, model), b""
    yield "nested lists", header_of('"a":' + "[" * DEEP + "]" * DEEP, model), b""
    yield "never closed", header_of('"a":' + "[" * DEEP, model), b""
    yield "empty lists", header_of('"a":[' + "[]," * 2_000_000 + "[]]", model), b""
    yield "short numbers", header_of('"a":[' + "1e9," * 1_900_000 + "1]", model), b""
    yield "long text", header_of(json.dumps("x" * 8_000_000), model), b""
    yield "one long key", header_of({"k" * 7_000_000: 1}, model), b""
    yield "control characters", header_of('"a\n":0', model), b""
    yield "no ASCII", header_of('"ä":0', model), b""
    yield "no UTF-8", header_of("{}", model).replace(b"{}", b'"\xff\xfe":0'), b""
    yield "no configuration", header_of({}, "").replace(b'"neurona"', b'"neurone"'), b""
    yield "metadata of lists", header_of({}, model, more=[1]), b""


def configurations() -> Iterator[tuple[str, Any]]:
    """Files whose configuration is wrong; values, or JSON texts."""
    flat = json.dumps(model_config())
    yield "configuration: a list", []
    yield "configuration: empty", {}
    yield "configuration: no JSON", "{'a': 1}"
    yield "configuration: two values", flat + flat
    yield "configuration: duplicate key", flat[:-1] + ', "format": 1}'
    yield "configuration: NaN", flat.replace('"epoch": 0', '"epoch": NaN')
    yield "configuration: Infinity", flat.replace('"epoch": 0', '"epoch": -Infinity')
    yield "configuration: 1e999", flat.replace('"epoch": 0', '"epoch": 1e999')
    yield "configuration: long number", flat.replace('"epoch": 0', '"epoch": ' + "9" * DEEP)
    yield "configuration: nested lists", flat.replace("{}", "[" * DEEP + "]" * DEEP)
    yield "configuration: nested objects", flat.replace("{}", '{"a":' * DEEP + "1" + "}" * DEEP)
    yield "configuration: 500 deep", flat.replace("{}", '{"a":' * 500 + "1" + "}" * 500)
    yield "format: of the future", model_config(format=2)
    yield "format: text", model_config(format="1")
    yield "kind: another", model_config(kind="checkpoint")
    yield "epoch: negative", model_config(epoch=-1)
    yield "epoch: a fraction", model_config(epoch=0.5)
    yield "iteration: text", model_config(iteration="5")
    yield "iteration: too large", model_config(iteration=2**60)
    yield "seed: negative", model_config(model__seed=-1)
    yield "dtype: objects", model_config(model__dtype="object")
    yield "info: text", model_config(model__info="x")
    yield "name: a number", model_config(model__name=3)
    yield "input_shape: none", model_config(model__input_shape=None)
    yield "input_shape: negative", model_config(model__input_shape=[-2])
    yield "input_shape: nothing", model_config(model__input_shape=[])
    yield "input_shape: 10**5 dimensions", model_config(model__input_shape=[2**63] * DEEP)
    yield "layers: none", model_config(model__layers=[])
    yield "layers: an object", model_config(model__layers={"0": layer_config("Flatten")})
    yield (
        "layers: an activation",
        model_config(
            model__layers=[{"kind": "activation", "class_name": "Tanh", "config": {"name": "a"}}]
        ),
    )
    yield (
        "layers: an optimizer",
        model_config(
            model__layers=[{"kind": "optimizer", "class_name": "Adam", "config": {"name": "a"}}]
        ),
    )
    same = [layer_config("Flatten")] * 2
    yield "layers: one name twice", model_config(model__layers=same)
    flatten = '{"class_name":"Flatten","config":{"name":"%d"}}'
    for count in (1_990, 25_000):
        rows = [json.loads(flatten % i) for i in range(count)]
        last = layer_config("Dense", units=1)
        yield f"layers: {count:,}", model_config(model__layers=[*rows, last])
    nameless = [{"class_name": "Flatten", "config": {"name": None}}] * 20_000
    yield "layers: 20,000 without a name", model_config(model__layers=nameless)
    dense = [
        layer_config("Dense", units=1) | {"config": {"units": 1, "name": f"d{i}"}}
        for i in range(1_990)
    ]
    yield "layers: 1,990 dense", model_config(model__layers=dense)
    yield "units: 10**12", model_config(model__layers=[layer_config("Dense", units=10**12)])
    yield "units: 10**19", model_config(model__layers=[layer_config("Dense", units=10**19)])
    yield (
        "units: 10**4000",
        json.dumps(model_config(model__layers=[layer_config("Dense", units=-77)])).replace(
            "-77", "1" + "0" * 4000
        ),
    )
    yield "units: a fraction", model_config(model__layers=[layer_config("Dense", units=1.5)])
    yield (
        "units: infinite",
        json.dumps(model_config(model__layers=[layer_config("Dense", units=-77)])).replace(
            "-77", "1e999"
        ),
    )
    shape = [2**62] * 30
    yield (
        "target_shape: huge",
        model_config(model__layers=[layer_config("Reshape", target_shape=shape)]),
    )
    yield (
        "target_shape: long",
        model_config(model__layers=[layer_config("Reshape", target_shape=[1] * 50_000)]),
    )
    yield "unknown layer", model_config(model__layers=[layer_config("os.system")])
    yield "unknown layer: a path", model_config(model__layers=[layer_config("../../etc/passwd")])
    yield "unknown layer: dunder", model_config(model__layers=[layer_config("__class__")])
    yield "unknown layer: a base class", model_config(model__layers=[layer_config("Layer")])
    yield "unknown layer: a long name", model_config(model__layers=[layer_config("D" * 5_000_000)])
    yield "unknown argument", model_config(model__layers=[layer_config("Flatten", code="x")])
    yield (
        "unknown argument: dunder",
        model_config(model__layers=[layer_config("Flatten", __init__=1)]),
    )
    yield "unknown argument: self", model_config(model__layers=[layer_config("Flatten", self=1)])
    inner: Any = "relu"
    for _ in range(40):
        inner = {"class_name": "Activation", "config": {"activation": inner}}
    yield (
        "a layer in a layer",
        model_config(model__layers=[layer_config("Activation", activation=inner)]),
    )
    yield "compile: a list", model_config(compile=[])
    sgd = {"kind": "optimizer", "class_name": "SGD", "config": {}}
    compiled = {"optimizer": sgd, "loss": None, "metrics": {}, "engine": "auto"}
    tanh = {"kind": "activation", "class_name": "Tanh", "config": {}}
    yield "compile: too little", model_config(compile={"optimizer": sgd})
    yield "compile: unknown engine", model_config(compile={**compiled, "engine": "os"})
    yield "compile: engine of no name", model_config(compile={**compiled, "engine": [1]})
    yield (
        "compile: activation as loss",
        model_config(compile={**compiled, "loss": tanh}),
    )
    yield (
        "compile: activation as optimizer",
        model_config(compile={**compiled, "optimizer": tanh}),
    )
    metric = {"kind": "metric", "class_name": "BinaryAccuracy", "config": {}}
    yield (
        "compile: a metric named loss",
        model_config(compile={**compiled, "metrics": {"loss": metric}}),
    )
    yield (
        "compile: 30,000 metrics",
        model_config(
            compile={**compiled, "metrics": {str(i): {"class_name": "MSE"} for i in range(30_000)}}
        ),
    )
    place = ["model", "info", "a"]
    yield "lists: a tensor that is not there", model_config(lists={"lists/0": place})
    yield "lists: nowhere", model_config(lists={"lists/0": ["model", "more", "a"]})
    yield "lists: no place", model_config(lists={"lists/0": []})
    yield "lists: an object as a place", model_config(lists={"lists/0": {"model": 0}})
    yield "lists: numbers", model_config(lists=[0])


def others() -> Iterator[tuple[str, bytes]]:
    """Files that are wrong as a whole."""
    good = model_bytes(small_model())
    header = header_of({}, model_config())
    yield "empty", b""
    yield "7 bytes", b"1234567"
    yield "8 zeros", bytes(8)
    yield "header's length: 2**64 - 1", b"\xff" * 8 + good[8:]
    yield "header's length: 2**40", sealed(header, length=2**40)
    yield "header's length: beyond the file", sealed(header, length=len(header) + 1)
    yield "header's length: within the header", sealed(header, length=len(header) - 1)
    yield "bytes after the end", good + b"\0"
    yield "another one after it", good + good
    yield "a pickle", b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
    yield "a zip file", b"PK\x03\x04" + bytes(100)
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100)
    yield "JSON", json.dumps(model_config()).encode()
    from safetensors.numpy import save

    yield "safetensors of another program", save({"w": np.ones(3)}, {"neurona": "{}"})
    yield "safetensors with old metadata", save({"w": np.ones(3)})


def tensors() -> Iterator[tuple[str, bytes]]:
    """Models whose tensors are not those that the configuration asks for."""
    from neurona.files import encode_tensors
    from neurona.saving import to_tensors

    good, config = to_tensors(small_model())
    kernel = good["weights/dense/kernel"]
    wrong = {
        "missing": {k: v for k, v in good.items() if k != "weights/dense/bias"},
        "slot missing": {k: v for k, v in good.items() if k != "slots/dense/bias/m"},
        "extra": {**good, "weights/dense/more": kernel},
        "extra, by a path": {**good, "../../etc/passwd": kernel},
        "extra slot": {**good, "slots/dense/kernel/more": kernel},
        "wrong shape": {**good, "weights/dense/kernel": kernel.T.copy()},
        "wrong dtype": {**good, "weights/dense/kernel": kernel.astype(np.float64)},
        "whole numbers": {**good, "weights/dense/kernel": kernel.astype(np.int32)},
        "slot's wrong shape": {**good, "slots/dense/kernel/m": kernel[:1]},
        "NaN": {**good, "weights/dense/kernel": kernel * np.nan},
        "infinite": {**good, "weights/dense/kernel": kernel + np.inf},
        "slot of NaN": {**good, "slots/dense/kernel/m": kernel * np.nan},
    }
    for name, held in wrong.items():
        yield f"tensors: {name}", b"".join(map(bytes, encode_tensors(held, config)))


def make_files(folder: Path) -> list[tuple[str, Path]]:
    """Write them all, and what is no file."""
    contents = [(name, sealed(header, data)) for name, header, data in headers()]
    contents += [(name, sealed(header_of({}, config))) for name, config in configurations()]
    contents += [*others(), *tensors()]
    made: list[tuple[str, Path]] = []
    for number, (name, content) in enumerate(contents):
        path = folder / f"{number}.safetensors"
        path.write_bytes(content)
        made.append((name, path))
    big = folder / "big.safetensors"
    size = 2**43
    layer = layer_config("Dense", units=2**31, use_bias=False)
    header = header_of(
        {"weights/one/kernel": entry([2**10, 2**31], 0, size)},
        model_config(model__layers=[layer], model__input_shape=[2**10]),
    )
    start = sealed(header)
    big.write_bytes(start)
    with contextlib.suppress(OSError):  # of a file system without such large files
        os.truncate(big, len(start) + size)
        made.append(("a hole of 2**43 bytes", big))
    (folder / "folder.safetensors").mkdir()
    os.mkfifo(folder / "pipe.safetensors")
    (folder / "loop.safetensors").symlink_to("loop.safetensors")
    (folder / "dangling.safetensors").symlink_to("nowhere")
    (folder / "device.safetensors").symlink_to("/dev/zero")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(os.path.relpath(folder / "socket.safetensors"))  # short: it has a limit
    odd = ("folder", "pipe", "loop", "dangling", "device", "socket")
    return [
        *made,
        *((name, folder / f"{name}.safetensors") for name in odd),
        ("nothing", folder / "nothing.safetensors"),
        ("/proc", Path("/proc/self/status")),
    ]


def peak() -> float:
    """The most memory this process has had at once since it was told to forget, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return 0.0


def open_in_child(path: Path) -> dict[str, Any]:
    """What opening a file comes to, in a process that is copied from this one."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        with contextlib.suppress(OSError):  # elsewhere the peak includes what was before
            Path("/proc/self/clear_refs").write_text("5")
        before, start = peak(), time.process_time()  # others' work does not count
        try:
            load_model(path)
            error: BaseException | None = None
        except BaseException as raised:
            error = raised
        result = {
            "error": type(error).__name__,
            "bases": [base.__name__ for base in type(error).__mro__],
            "message": str(error)[:500],
            "length": len(str(error)),
            "seconds": time.process_time() - start,
            "megabytes": peak() - before,
            "whole": peak(),
        }
        os.write(writer, json.dumps(result).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        content = file.read()
    _, status = os.waitpid(child, 0)
    return json.loads(content) if content else {"error": "died", "status": status}


def main(folder: Path) -> None:
    good = folder / "good.safetensors"
    small_model().save(good)
    load_model(good)  # what is imported late is there for all
    for name, path in make_files(folder):
        print(json.dumps({"name": name, **open_in_child(path)}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
