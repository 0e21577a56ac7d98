"""The course's pages: their programs run, and the pages show what the programs give."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

import neurona as nn
from neurona import native_module, plots
from neurona.errors import DatasetError
from neurona.random import forget_random_seed

pytest.importorskip("matplotlib")
pytest.importorskip("PIL")

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "docs" / "course"
LARGEST = 2_000_000  # bytes of all pictures together


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("course_tool", ROOT / "docs/_tools/course.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = tool  # where dataclasses look for their module
    spec.loader.exec_module(tool)
    return tool


tool: Any = _tool()
PROGRAMS = {path.stem: path for path in tool.programs()}


def cells_of(name: str) -> list[Any]:
    return list(tool.parse(PROGRAMS[name].read_text(encoding="utf-8")))


def page_of(language: str, name: str) -> str:
    return (COURSE / language / f"{name}.md").read_text(encoding="utf-8")


@pytest.fixture
def _settings_put_back() -> Iterator[None]:
    with mock.patch.dict(os.environ):
        yield
    forget_random_seed()


def same_bits() -> bool:
    """Whether this machine trains to the bits of the one that made the pages."""
    if native_module.native is None:
        return False
    return str(native_module.native.isa()).startswith("avx")


def words(page: str) -> str:
    """A page without its numbers."""
    return re.sub(r"[\s─]+", " ", re.sub(r"[-+]?\d[\d.,]*(e[-+]\d+)?", "#", page))


def has_mnist() -> bool:
    try:
        nn.datasets.mnist.load_data(download=False)
    except DatasetError:
        return False
    return True


@pytest.mark.usefixtures("_settings_put_back")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_pages_show_what_the_program_gives(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if not has_mnist():  # then it is not fetched either: the small digits are taken
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cells = cells_of(name)
    shown = tool.execute(cells, name)
    if name == "09-mnist" and not has_mnist():
        pytest.skip("the program runs; what the page shows is of MNIST, which is not here")
    same = (lambda page: page) if same_bits() else words
    for language in tool.LANGUAGES:
        made = tool.page(cells, shown, language, name)
        assert same(made) == same(page_of(language, name)), "run python docs/_tools/course.py"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_languages_differ_in_their_prose_alone(name: str) -> None:
    kinds = "".join(f"{cell.language or 'code'} " for cell in cells_of(name))
    assert not re.sub(r"en es |code ", "", kinds), "each prose in English, then in Spanish"
    prose = [cell.text for cell in cells_of(name) if cell.language]
    for english, spanish in zip(prose[::2], prose[1::2], strict=True):
        assert english != spanish
        assert english.count("$") == spanish.count("$")
        assert re.findall(r"^#+", english, re.M) == re.findall(r"^#+", spanish, re.M)

    def programs(language: str) -> list[str]:
        return re.findall(r"^```\w+\n.*?^```$", page_of(language, name), re.M | re.S)

    assert programs("en") == programs("es")


@pytest.mark.parametrize("name", PROGRAMS)
def test_notebooks_hold_the_program_and_the_prose(name: str) -> None:
    cells = cells_of(name)
    for language in tool.LANGUAGES:
        found = json.loads(tool.notebook(cells, language))
        assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
        code = ["".join(c["source"]) for c in found["cells"] if c["cell_type"] == "code"]
        assert code == [cell.code for cell in cells if not cell.language]
        prose = ["".join(c["source"]) for c in found["cells"] if c["cell_type"] == "markdown"]
        assert prose == [cell.text for cell in cells if cell.language == language]


def test_pictures_are_small_all_used_and_described() -> None:
    files = {path.name: path.stat().st_size for path in (COURSE / "images").iterdir()}
    assert len(files) > 35
    assert sum(files.values()) < LARGEST
    for language in tool.LANGUAGES:
        pages = "".join(page_of(language, name) for name in PROGRAMS)
        named = dict(re.findall(r"!\[([^\]]{20,})\]\(\.\./images/([\w.-]+)\)", pages))
        assert sorted(named.values()) == sorted(files)


def test_every_page_is_in_the_index_and_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for language in tool.LANGUAGES:
        listed = re.findall(r"\((\d[\w-]+)\.md\)", page_of(language, "index"))
        assert listed == list(PROGRAMS)
        assert re.findall(rf"course/{language}/(\d[\w-]+)\.md", navigation) == listed


def test_the_course_draws_every_picture() -> None:
    """All that the library draws."""
    drawn = [name for name in plots.__all__ if name.islower() and not name.endswith("_data")]
    assert len(drawn) > 20
    code = "".join(cell.code for name in PROGRAMS for cell in cells_of(name) if not cell.language)
    assert [name for name in drawn if f"plots.{name}(" not in code] == []


# The two networks worked out by hand: what the page prints against formulas written anew.


def printed_by_hand() -> tuple[str, ...]:
    return tuple(re.findall(r"^```text\n(.*?)^```$", page_of("en", "07-by-hand"), re.M | re.S))


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"(?<![\w₀-₉])[+-]?\d+\.\d{4,}", text)]


def test_every_number_of_the_single_neuron() -> None:
    x, target, w, alpha = 1.5, 1.0, 0.2, 0.5
    p = sigmoid(w * x)
    slope = p * (1 - p)
    gradient = -(target - p) * slope * x
    change = alpha * x * (target - p) * slope
    wanted = {
        "z ": w * x,
        "y_p ": p,
        "E ": (target - p) ** 2 / 2,
        "∂E/∂y_p ": -(target - p),
        "σ′(z) ": slope,
        "δ ": -(target - p) * slope,
        "∂E/∂w ": gradient,
        "Δw ": change,
        "new w ": w + change,
    }
    lines = printed_by_hand()[0].splitlines()
    assert len(lines) == len(wanted)
    for line, (name, number) in zip(lines, wanted.items(), strict=True):
        assert line.startswith(name)
        assert float(line.split("= ")[-1]) == round(number, 9)
    shown = printed_by_hand()[1]
    for number in (w * x, p, slope, -(target - p), -(target - p) * slope, gradient, change):
        assert any(math.isclose(number, n, rel_tol=2e-3) for n in every_number(shown)), number


def every_number(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.\d+", text)]


def test_every_number_of_the_five_weights() -> None:
    x1, x2, y, eta = 0.5, -1.0, 1.0, 0.1
    weights = {"w20": -0.2, "w21": 0.7, "w10": 0.1, "w11": 0.4, "w12": -0.3}
    z1 = weights["w10"] + weights["w11"] * x1 + weights["w12"] * x2
    g = math.tanh(z1)
    z2 = weights["w20"] + weights["w21"] * g
    f = sigmoid(z2)
    e = (y - f) ** 2 / 2
    d2 = -(y - f) * f * (1 - f)
    d1 = d2 * weights["w21"] * (1 - g * g)
    gradients = {"w20": d2, "w21": d2 * g, "w10": d1, "w11": d1 * x1, "w12": d1 * x2}
    by_hand, whole, named = printed_by_hand()[3:6]
    forward, backward, *lines = by_hand.splitlines()
    assert numbers(forward) == [round(n, 9) for n in (z1, g, z2, f, e)]
    assert numbers(backward) == [round(n, 9) for n in (d2, d1)]
    for line, again, (name, gradient) in zip(
        lines, named.splitlines(), gradients.items(), strict=True
    ):
        wanted = [round(gradient, 9), round(weights[name] - eta * gradient, 9)]
        assert name in line
        assert name in again
        assert numbers(line) == wanted
        assert numbers(again) == wanted
    slopes = (1 - g * g, f * (1 - f), -(y - f), d2 * weights["w21"])
    for number in (z1, g, z2, f, e, d2, d1, *slopes, *gradients.values()):
        assert any(math.isclose(number, n, rel_tol=2e-3) for n in every_number(whole)), number
