"""ONNX Runtime: prediction alone, on a graph of Gemm, Relu and Softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peers.peer import Array, Predictor
from benchmarks.work import Work, first_weights


class Library(Predictor):
    packages = ("onnxruntime",)

    def __init__(self, threads: int) -> None:
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads

    def build(self, work: Work) -> None:
        weights = first_weights(work)
        layers = len(weights) // 2
        nodes, constants, h = [], [], "x"
        for i in range(layers):
            names = [f"W{i}", f"b{i}"]
            pair = weights[2 * i : 2 * i + 2]
            constants += [numpy_helper.from_array(w, n) for w, n in zip(pair, names, strict=True)]
            nodes.append(helper.make_node("Gemm", [h, *names], [f"z{i}"]))
            h = "y" if i == layers - 1 else f"h{i}"
            nodes.append(helper.make_node("Softmax" if h == "y" else "Relu", [f"z{i}"], [h]))
        graph = helper.make_graph(
            nodes,
            "dense",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, work.sizes[0]])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, work.sizes[-1]])],
            constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), self.options, providers=["CPUExecutionProvider"]
        )

    def predictor(self) -> Callable[[Array], Any]:
        run = self.session.run
        return lambda row: run(None, {"x": row})[0]
