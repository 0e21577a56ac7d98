"""The rules that keep the house in order; docs/architecture.md gives their reasons."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "neurona"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up: a module may import those of its own line and of lines above.
FLOORS = [
    ["errors", "forks", "_native"],
    ["blas", "checks", "display", "finite", "memory", "native_module", "part"],
    ["files", "random"],
    ["activations", "initializers", "regularizers", "constraints", "schedules"],
    ["layers", "losses", "optimizers"],
    ["metrics", "perceptron"],
    ["network"],
    ["backprop"],
    ["data", "datasets"],
    ["engines"],
    ["tally", "evaluation", "explain", "predictor", "utils"],
    ["runs"],
    ["callbacks"],
    ["chunks", "training", "together", "fitting", "preflight", "summary"],
    ["stack", "saving"],
    ["compiled"],
    ["trainable"],
    ["model", "side_by_side", "models"],
    ["environment"],
    ["cli", "__main__", "sklearn", "playground", "plots", "report"],
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
MAX_LINES = 400
MAX_FUNCTION = 60
IMPORT_SECONDS = 0.2


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree: ast.AST, top_level_only: bool = False) -> set[str]:
    """Dotted names imported; those under TYPE_CHECKING never run, so they do not count."""
    names: set[str] = set()
    body = tree.body if top_level_only and isinstance(tree, ast.Module) else ast.walk(tree)
    guarded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in body:
        if node in guarded:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "neurona":
                shown = {"Sequential": "model", "load_model": "saving", "__version__": "errors"}
                names.update(f"neurona.{shown.get(a.name, a.name)}" for a in node.names)
            else:
                names.add(node.module)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    own = module_of(path)
    if own == "__init__":
        return  # the table of contents
    assert own in FLOOR, f"say in FLOORS where {own!r} belongs"
    tree = ast.parse(path.read_text())
    late = {"neurona.model"} if own == "saving" else set()  # load_model makes a Sequential
    for name in imports_of(tree) - late:
        if name.startswith("neurona."):
            other = name.split(".")[1]
            assert FLOOR[other] <= FLOOR[own], f"{own} imports {name}, which lies above it"


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("neurona._native", {"native_module.py"}),
        ("jax", {"engines/xla"}),
        ("threading", {"blas.py", "runs/background.py", "engines/threads.py", "forks.py"}),
        ("multiprocessing", set()),
        ("concurrent.futures", {"runs/identity.py"}),
        ("pickle", set()),
    ],
)
def test_who_may_import(library: str, allowed: set[str]) -> None:
    for path in FILES:
        place = str(path.relative_to(PACKAGE))
        if any(place.startswith(prefix) for prefix in allowed):
            continue
        for name in imports_of(ast.parse(path.read_text())):
            assert not f"{name}.".startswith(f"{library}."), f"{place}: {name}"


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    light = set(sys.stdlib_module_names) | {"numpy", "neurona"}
    for path in FILES:
        if module_of(path) in ("cli", "__main__"):
            continue
        for name in imports_of(ast.parse(path.read_text()), top_level_only=True):
            assert name.split(".")[0] in light, f"{path.name} imports {name} at the top"


def test_nothing_is_evaluated_or_unpickled() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "__import__"), path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, path


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documentation = ast.get_docstring(node, clean=False) or ""
            lines = (node.end_lineno or 0) - node.lineno + 1 - len(documentation.splitlines())
            assert lines <= MAX_FUNCTION, f"{path.name}: {node.name} has {lines} lines"


def test_every_public_name_is_documented() -> None:
    for path in FILES:
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"


def run(code: str) -> str:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # compiled once, as for users
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "src",
        env=environment,
    )
    return done.stdout


def test_import_is_quick() -> None:
    """In processor time, so that other work on the machine does not count."""
    clock = "time.process_time()"
    code = f"import time, sys; t = {clock}; import neurona; {{}}; print({clock} - t)"
    table_of_contents = min(float(run(code.format("0"))) for _ in range(3))
    assert table_of_contents < IMPORT_SECONDS / 4
    first_model = "import numpy; t = time.process_time(); neurona.Sequential"
    assert min(float(run(code.format(first_model))) for _ in range(5)) < IMPORT_SECONDS


def test_import_brings_in_nothing_heavy() -> None:
    heavy = ["rich", "typer", "narwhals", "matplotlib", "jax", "pandas", "sklearn", "safetensors"]
    loaded = run(
        f"import sys, neurona; neurona.Sequential; print([m for m in {heavy} if m in sys.modules])"
    )
    assert loaded.strip() == "[]"


def test_the_package_imports_without_compiled_module_and_jax() -> None:
    code = (
        "import sys; sys.modules['neurona._native'] = None; sys.modules['jax'] = None; "
        "import neurona as nn; m = nn.Sequential([nn.layers.Dense(1)]); m.compile('sgd', 'mse'); "
        "m.fit([[0.0], [1.0]], [0.0, 1.0], verbose=0); print('trained')"
    )
    assert run(code).strip() == "trained"
