"""Nested values with arrays in them, as JSON and named arrays.

The nesting is written in postfix order, so that neither depth nor recursion
limits count: ``(1, [x])`` becomes ``plain 1, array x, list of 1, tuple of 2``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.errors import ArgumentTypeError, FileFormatError

Arrays = dict[str, NDArray[Any]]
Nodes = list[list[Any]]

NUMERIC = "biuf"  # NumPy's kinds: boolean, signed, unsigned, floating
PLAIN = (bool, int, str, type(None))
INT64 = np.iinfo(np.int64)


def pack(what: str, value: Any, arrays: Arrays) -> Nodes:
    """A value as nodes that JSON can hold; its arrays are added to ``arrays``.

    Args:
        what: the value's name, for errors.
        value: numbers, strings, None, NumPy's arrays and scalars, and lists,
            tuples and dicts (with strings as keys) of them.

    Raises:
        ArgumentTypeError: it holds something else.

    >>> arrays: Arrays = {}
    >>> nodes = pack("it", {"a": (1, np.zeros(2)), "b": [0.5, 0.25]}, arrays)
    >>> unpack(nodes, arrays)
    {'a': (1, array([0., 0.])), 'b': [0.5, 0.25]}
    """
    nodes: Nodes = []
    left = [value]
    while left:
        item = left.pop()
        leaf = _leaf(item, arrays)
        if leaf is not None:
            nodes.append(leaf)
        elif isinstance(item, (list, tuple)):
            nodes.append(["tuple" if isinstance(item, tuple) else "list", len(item)])
            left.extend(item)
        elif isinstance(item, Mapping) and all(isinstance(key, str) for key in item):
            nodes.append(["dict", list(item)])
            left.extend(item.values())
        else:
            raise ArgumentTypeError(
                f"{what} holds {_shown(item)}, which a checkpoint cannot keep. It can keep "
                f"numbers, strings, None, numeric arrays, and lists, tuples and dicts of them."
            )
    return nodes[::-1]


def _shown(item: Any) -> str:
    if isinstance(item, np.ndarray):
        return f"an array of dtype {item.dtype}"
    return f"a {type(item).__name__}"


def _leaf(item: Any, arrays: Arrays) -> list[Any] | None:
    """The node of a value with nothing inside it that could be one of its own."""
    if isinstance(item, np.generic):
        return ["scalar", _keep(np.asarray(item), arrays)] if item.dtype.kind in NUMERIC else None
    if isinstance(item, PLAIN):
        return ["plain", item]
    if isinstance(item, float):
        return ["plain", item] if math.isfinite(item) else ["float", repr(item)]
    if isinstance(item, np.ndarray) and item.dtype.kind in NUMERIC:
        return ["array", _keep(item, arrays)]
    if isinstance(item, list) and item:
        return _list_leaf(item, arrays)
    return None


def _list_leaf(items: list[Any], arrays: Arrays) -> list[Any] | None:
    """A long list of numbers, such as a history, as one array."""
    kinds = set(map(type, items))
    if kinds == {float} or (kinds == {int} and INT64.min <= min(items) and max(items) <= INT64.max):
        return ["numbers", _keep(np.array(items), arrays)]
    if kinds == {np.ndarray} and items[0].dtype.kind in NUMERIC:
        forms = {(item.shape, item.dtype.str) for item in items}
        return ["stack", _keep(np.stack(items), arrays)] if len(forms) == 1 else None
    return None


def _keep(array: NDArray[Any], arrays: Arrays) -> str:
    name = f"values/{len(arrays)}"
    arrays[name] = array
    return name


def unpack(nodes: Nodes, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The value that :func:`pack` was given.

    Raises:
        FileFormatError: these are no such nodes.
    """
    stack: list[Any] = []
    try:
        for kind, content in nodes:
            if kind in ("list", "tuple", "dict"):
                count = content if isinstance(content, int) else len(content)
                if not 0 <= count <= len(stack):
                    raise ValueError(f"{count} values are not there")
                items = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                stack.append(_collected(kind, content, items))
            else:
                stack.append(_value(kind, content, arrays))
        (value,) = stack
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(f"its values cannot be put together: {error!r}") from error
    return value


def _collected(kind: str, content: Any, items: list[Any]) -> Any:
    if kind == "dict":
        return dict(zip(content, items, strict=True))
    return tuple(items) if kind == "tuple" else items


def _value(kind: str, content: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if kind == "plain":
        return content
    if kind == "float":
        return float(content)
    array = arrays[content]
    if kind == "array":
        return array
    if kind == "scalar":
        return array[()]
    if kind == "numbers":
        return array.tolist()
    if kind == "stack":
        return list(array)
    raise ValueError(f"{kind!r} is no kind of value")
