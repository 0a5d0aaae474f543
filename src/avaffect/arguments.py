"""Arguments of public functions, checked against their annotations: a wrong type is one line that names it.

What has the right type may still have a wrong value: of that the functions know more, and say it.
"""

from __future__ import annotations

import collections.abc as abc
import os
import types
from collections.abc import Callable, Iterator
from functools import cache, wraps
from inspect import Parameter, isfunction, signature
from numbers import Integral, Real
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, Unpack, cast, get_args, get_origin, get_type_hints

from .errors import AvaffectError
from .schema import short

Public = TypeVar("Public", bound=Callable[..., Any])

_MOST = 1000  # items of a list whose types are looked at


def checks_types(public: Public) -> Public:
    """Decorator: check the types of all arguments whenever a function is called.

    Of a class, the constructor and every public method that it defines are checked. An annotation that cannot
    be read (of a package that is imported for type checkers alone), and one that says nothing of a value
    by itself, such as a type variable, allow everything.

    Raises
    ------
    AvaffectError
        By the decorated function, if an argument is of another type than annotated.

    Examples
    --------
    >>> @checks_types
    ... def scale(values: list[float], by: float = 1.0) -> list[float]:
    ...     return [by * value for value in values]
    >>> scale([1, 2], by=3)
    [3, 6]
    >>> scale([1, 2], by="3")
    Traceback (most recent call last):
        ...
    avaffect.errors.AvaffectError: scale: by='3': expected a number
    """
    if not isinstance(public, type):
        return cast(Public, _checked_function(public, public.__name__))
    for name, member in list(vars(public).items()):
        if name != "__init__" and name.startswith("_"):
            continue
        called = public.__name__ if name == "__init__" else name
        if isfunction(member):
            setattr(public, name, _checked_function(member, called))
        elif isinstance(member, classmethod | staticmethod):
            setattr(public, name, type(member)(_checked_function(member.__func__, called)))
    return public


def is_checked(function: Callable[..., Any]) -> bool:
    """Whether a function checks its arguments."""
    return hasattr(function, "__checked__")


def _checked_function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    known = signature(function)

    @cache
    def hints() -> dict[str, Any]:
        return {p.name: _hint(p, function.__globals__) for p in known.parameters.values()}

    @cache
    def by_place() -> tuple[Any, ...]:
        kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        return tuple(hints()[name] for name, each in known.parameters.items() if each.kind in kinds)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        # Functions that are called for each frame get just what they name: that is seen at a glance.
        if not kwargs and tuple(map(type, args)) == by_place()[: len(args)]:
            return function(*args)
        try:
            given = known.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # Python says itself which argument is missing or unknown
        for each, value in given.arguments.items():
            for part, label in _parts(known.parameters[each], value):
                hint = _of_option(hints()[each], label)
                if not fits(part, hint):
                    raise AvaffectError(f"{name}: {label}={short(part)}: expected {_words(hint)}")
        return function(*args, **kwargs)

    call.__checked__ = True  # type: ignore[attr-defined]
    return call


def _parts(parameter: Parameter, value: Any) -> Iterator[tuple[Any, str]]:
    """The values of a parameter with their names: of ``*args`` and ``**options`` each by itself."""
    if parameter.kind is Parameter.VAR_POSITIONAL:
        yield from ((each, f"{parameter.name}[{k}]") for k, each in enumerate(value))
    elif parameter.kind is Parameter.VAR_KEYWORD:
        yield from ((each, key) for key, each in value.items())
    else:
        yield value, parameter.name


def _of_option(hint: Any, name: str) -> Any:
    """The annotation of one of ``**options`` that a `TypedDict` describes; any other annotation as it is."""
    if get_origin(hint) is not Unpack:
        return hint
    return get_type_hints(get_args(hint)[0]).get(name, Any)


def _hint(parameter: Parameter, names: dict[str, Any]) -> Any:
    """The annotation of a parameter; `Any` where it has none that can be read."""
    hint = parameter.annotation
    if isinstance(hint, str):
        try:
            hint = eval(hint, names)
        except (NameError, AttributeError, TypeError):
            return Any
    return Any if hint is Parameter.empty else hint


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that an annotation names.

    Whole numbers are numbers, NumPy's are too; no truth value is a number. Lists and arrays stand for
    tuples, and for each other. The items of lists, tuples, sets and mappings are looked at; those of what can
    be read once only are not.

    >>> fits([1, 2], tuple[float, ...]), fits(["a"], tuple[float, ...]), fits(True, int)
    (True, False, False)

    A text that may be a path is not empty, as a variable is that was never set.

    >>> fits("a.mp4", str | Path), fits("", str | Path), fits("", str)
    (True, False, True)
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return fits(value, inner[0])
    if origin in (Union, types.UnionType):
        if isinstance(value, str) and Path in inner and not _names_a_place(value):
            return False
        return any(fits(value, each) for each in inner)
    if origin is Literal:
        return any(type(value) is type(each) and value == each for each in inner)
    kind = origin or hint
    if kind is None:
        return value is None
    if not isinstance(kind, type) or kind is object:
        return True
    return _is_a(value, kind) and _items_fit(value, kind, inner)


def _names_a_place(value: object) -> bool:
    """Whether there may be such a path: no system has an empty name, or one with a NUL."""
    return str(value) != "" and "\0" not in str(value)


def _is_a(value: Any, kind: type) -> bool:
    if kind is Path and not _names_a_place(value):
        return False
    if kind in _SCALARS:
        wanted, unwanted = _SCALARS[kind]
        return isinstance(value, wanted) and not isinstance(value, unwanted)
    if kind.__name__ == "bool_" or kind is bool:
        return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return isinstance(value, list | tuple) or hasattr(value, "__array__")
    if kind in (tuple, list, abc.Sequence) and hasattr(value, "__array__"):
        return hasattr(value, "__len__")  # an array, or a column of a table
    if kind in (tuple, list):
        return isinstance(value, abc.Sequence) and not isinstance(value, str | bytes)
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol that cannot be asked for
        return True


_SCALARS: dict[type, tuple[Any, Any]] = {
    int: (Integral, bool),
    float: (Real, bool),
    Path: (os.PathLike, ()),
}


def _items_fit(value: Any, kind: type, inner: tuple[Any, ...]) -> bool:
    if not inner or isinstance(value, str) or issubclass(kind, type | abc.Callable):
        return True
    if isinstance(value, abc.Mapping):
        items = list(value.items())[:_MOST]
        return len(inner) != 2 or all(fits(k, inner[0]) and fits(v, inner[1]) for k, v in items)
    if not isinstance(value, list | tuple | set | frozenset) or kind.__name__ == "ndarray":
        return True
    if kind is tuple and inner[-1] is not Ellipsis:
        return len(value) == len(inner) and all(map(fits, value, inner))
    return all(fits(item, inner[0]) for item in list(value)[:_MOST])


def _words(hint: Any) -> str:
    """What an annotation allows, in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _words(inner[0])
    if origin in (Union, types.UnionType):
        *first, last = dict.fromkeys(map(_words, inner))
        return f"{', '.join(first)} or {last}" if first else last
    if origin is Literal:
        return " or ".join(map(repr, inner))
    kind = origin or hint
    if kind is tuple and inner and inner[-1] is not Ellipsis:
        return f"{len(inner)} values, each {_words(inner[0])}"
    word = _WORDS.get(kind) or _WORDS.get(getattr(kind, "__name__", ""))
    if word is None:
        return f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}"
    if inner and word in ("a list", "some"):
        return f"{'a list' if word == 'a list' else 'several'}, each {_words(inner[0])}"
    return word


_WORDS: dict[Any, str] = {
    None: "None",
    type(None): "None",
    str: "text",
    Path: "a path",
    "Address": "an address",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    "ndarray": "an array",
    tuple: "a list",
    list: "a list",
    abc.Sequence: "a list",
    abc.Collection: "a list",
    abc.Iterable: "some",
    abc.Iterator: "an iterator",
    abc.Mapping: "a mapping",
    dict: "a mapping",
    abc.Callable: "a function",
}
