"""Parts: the named, configurable values that a model is made of.

An activation, a loss, an optimizer, a layer … is a :class:`Part`. A part keeps
every argument of its constructor under that argument's name, so its
configuration can be read off, written to a file and used to build an equal one.

A :class:`Registry` is a closed table from names to classes. Nothing in a file
is ever imported or evaluated: a name outside the table is an error, unless the
caller passes the class in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar
from weakref import WeakKeyDictionary

from neurona.errors import ArgumentError, ArgumentTypeError, UnknownNameError, suggestion

Config = dict[str, Any]
CustomObjects = Mapping[str, type["Part"]]


_ARGUMENTS: WeakKeyDictionary[type, dict[str, Any]] = WeakKeyDictionary()  # read off once


def constructor_arguments(cls: type) -> Mapping[str, Any]:
    """The arguments that ``cls`` is built with, and their defaults.

    Where a constructor hands ``**kwargs`` on, its base class's arguments follow;
    other spellings of an argument (``aliases``) are left out.
    """
    if cls not in _ARGUMENTS:
        _ARGUMENTS[cls] = _read_arguments(cls)
    return _ARGUMENTS[cls]


def _read_arguments(cls: type) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        for p in parameters:
            if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                arguments.setdefault(p.name, p.default)
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    aliases = getattr(cls, "aliases", ())
    return {name: default for name, default in arguments.items() if name not in aliases}


class Part:
    """Something with a name and a configuration.

    The contract for subclasses: store each constructor argument in an attribute
    of the same name, and take only plain values (numbers, strings, booleans,
    None, tuples of them) or other parts. A ``**kwargs`` goes to the base class.
    """

    aliases: ClassVar[tuple[str, ...]] = ()  # second spellings of constructor arguments

    def get_config(self) -> Config:
        """The constructor's arguments as JSON-ready values."""
        return {name: _plain(getattr(self, name)) for name in constructor_arguments(type(self))}

    @classmethod
    def from_config(cls, config: Config, custom_objects: CustomObjects | None = None) -> Self:
        """Build an equal part from :meth:`get_config`'s result.

        Raises:
            ArgumentError: ``config`` names an argument that the class lacks.
        """
        unknown = set(config) - set(constructor_arguments(cls))
        if unknown:
            name = sorted(unknown)[0]
            known = constructor_arguments(cls)
            raise ArgumentError(
                f"{cls.__name__} has no argument {name!r}.{suggestion(name, known)} "
                f"It takes: {', '.join(known) or 'none'}."
            )
        return cls(**{key: _unplain(value, custom_objects) for key, value in config.items()})

    def __repr__(self) -> str:
        shown = (
            f"{name}={value!r}"
            for name, default in constructor_arguments(type(self)).items()
            if not _same(value := getattr(self, name), default)
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _same(value: Any, default: Any) -> bool:
    if isinstance(default, str) and isinstance(value, Part):
        return normalise(repr(value)) == f"{normalise(default)}()"
    return type(value) is type(default) and bool(value == default)


def to_config(part: Part) -> Config:
    """``{"kind": …, "class_name": …, "config": …}``: what a file holds for a part.

    The kind tells apart classes of one name: ``ReLU`` is an activation and a layer.
    """
    cls = type(part)
    return {"kind": kind_of(cls), "class_name": cls.__name__, "config": part.get_config()}


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return to_config(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return value.tolist()
    return value


def _unplain(value: Any, custom_objects: CustomObjects | None) -> Any:
    if isinstance(value, dict) and set(value) - {"kind"} == {"class_name", "config"}:
        return from_config(value, custom_objects)
    if isinstance(value, list):
        return tuple(_unplain(item, custom_objects) for item in value)
    return value


def from_config(
    config: Config, custom_objects: CustomObjects | None = None, kind: str | None = None
) -> Part:
    """Build the part that :func:`to_config` described, of ``kind`` where that is not said."""
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ArgumentError(f"A part's configuration is a dict with 'class_name', got {config!r}.")
    name = config["class_name"]
    kind, arguments = config.get("kind", kind), config.get("config", {})
    if kind is not None and not isinstance(kind, str):
        raise ArgumentError(f"The 'kind' of {name!r} must be a string, got {kind!r}.")
    if not isinstance(arguments, dict):
        raise ArgumentError(f"The 'config' of {name!r} must be a dict, got {arguments!r}.")
    cls = find_class(name, custom_objects, kind)
    return cls.from_config(arguments, custom_objects)


_CLASSES: dict[str, dict[str, type[Part]]] = {}  # class name -> kind -> class


def find_class(
    name: str, custom_objects: CustomObjects | None = None, kind: str | None = None
) -> type[Part]:
    """The class of that exact name among those passed in and the built-in ones.

    Raises:
        UnknownNameError: there is none, or there are several and no ``kind`` says which.
    """
    custom = (custom_objects or {}).get(name)
    if custom is not None and kind in (None, kind_of(custom)):
        return custom
    found = _CLASSES.get(name, {})
    if kind in found:
        return found[kind]
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise UnknownNameError(
            f"{name!r} names several parts: add 'kind', one of {', '.join(sorted(found))}."
        )
    if custom is not None:
        raise UnknownNameError(
            f"{name!r} must name a part of the kind {kind!r} here, but custom_objects has "
            f"one of the kind {kind_of(custom)!r}."
        )
    name = name[:100]  # it may come from a file
    raise UnknownNameError(
        f"Unknown part {name!r}.{suggestion(name, _CLASSES)} If it is your own class, pass it: "
        f"custom_objects={{{name!r}: {name if name.isidentifier() else '…'}}}."
    )


def is_builtin(part: Part) -> bool:
    """Whether neurona itself defines (and tests) the part's class."""
    return type(part) in _CLASSES.get(type(part).__name__, {}).values()


def kind_of(cls: type[Part]) -> str | None:
    """The kind of part that a class is: "layer", "loss" …; None if it is of none."""
    return next((r.kind for r in _REGISTRIES if issubclass(cls, r.base)), None)


def normalise(name: str) -> str:
    """``"leaky_relu"``, ``"LeakyReLU"`` and ``"leakyrelu"`` are one name."""
    return name.replace("_", "").replace("-", "").lower()


P = TypeVar("P", bound=Part)


def _without_arguments(cls: type[P]) -> P:
    arguments = constructor_arguments(cls).items()
    needed = [f"{name}=…" for name, default in arguments if default is inspect.Parameter.empty]
    if needed:
        raise ArgumentError(
            f"{cls.__name__} cannot be made from its name alone: give an object, "
            f"{cls.__name__}({', '.join(needed)})."
        )
    return cls()


_REGISTRIES: list[Registry[Any]] = []


class Registry(Generic[P]):
    """A closed table of the parts of one kind, by name."""

    def __init__(self, kind: str, base: Callable[[], type[P]]) -> None:
        self.kind = kind
        self._base = base
        _REGISTRIES.append(self)
        self._names: dict[str, str] = {}  # normalised name -> name to show
        self._builders: dict[str, type[P]] = {}

    @property
    def base(self) -> type[P]:
        """The class that all parts of this kind derive from."""
        return self._base()

    @property
    def a_kind(self) -> str:
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

    def register(self, *names: str) -> Callable[[type[P]], type[P]]:
        """A class decorator that enters the class under its own name and ``names``."""

        def enter(cls: type[P]) -> type[P]:
            _CLASSES.setdefault(cls.__name__, {})[self.kind] = cls
            for name in (*names, cls.__name__):
                self._builders[normalise(name)] = cls
                self._names.setdefault(normalise(name), name)
            return cls

        return enter

    def __iter__(self) -> Iterator[type[P]]:
        """The registered classes, each once, in the order they were entered."""
        return iter(dict.fromkeys(self._builders.values()))

    def names(self) -> list[str]:
        """All names that :meth:`get` knows, as one would write them."""
        return sorted(self._names.values())

    def get(self, identifier: Any, custom_objects: CustomObjects | None = None) -> P:
        """Return the part for a name, a class, a configuration or a part itself.

        Raises:
            UnknownNameError: no part has that name; suggests the nearest.
            ArgumentTypeError: the identifier is something else.
        """
        base = self.base
        if isinstance(identifier, base):
            return identifier
        if isinstance(identifier, type) and issubclass(identifier, base):
            return _without_arguments(identifier)
        if isinstance(identifier, dict):
            part = from_config(identifier, custom_objects, self.kind)
            if isinstance(part, base):
                return part
            raise ArgumentTypeError(f"{type(part).__name__} is not {self.a_kind}.")
        if isinstance(identifier, str):
            cls = self._builders.get(normalise(identifier))
            if cls is None:
                raise UnknownNameError(
                    f"Unknown {self.kind} {identifier!r}."
                    f"{suggestion(identifier, self._names.values())} "
                    f"Known: {', '.join(self.names())}."
                )
            return _without_arguments(cls)
        raise ArgumentTypeError(
            f"{self.a_kind.capitalize()} is given by name, as an instance or as a class derived "
            f"from neurona's {base.__name__}; got {type(identifier).__name__}: {identifier!r}."
        )
