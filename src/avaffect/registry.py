"""Named parts of one kind: fusions, temporal networks, encoders, corpora, face detectors.

A part gets its name in one of three ways: it is built in, an installed package offers it as an entry point,
or a module that was imported registers it. `docs/extending.md` shows the last two with a whole package.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar, get_type_hints

from .errors import AvaffectError, ModelError, nearest

Part = TypeVar("Part")
_Made = TypeVar("_Made", bound=Callable[..., Any])
_plugins: dict[str, None] = {}  # in the order of their import


class Registry(Generic[Part]):
    """Parts of one kind, by name.

    Parameters
    ----------
    kind : str
        The kind in words, for messages: ``"fusion"``.
    group : str
        Entry-point group in which other packages offer parts: ``"avaffect.fusions"``.
    builtin : mapping of str to str
        Parts of avaffect itself as ``"module:Class"``; a module is imported when its part is asked for.
    base : str
        ``"module:Class"`` that every class of this kind derives from; "" asks for no base class.
    error : type of AvaffectError
        What is raised: `ModelError` or `DataError`.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        builtin: Mapping[str, str] | None = None,
        *,
        base: str = "",
        error: type[AvaffectError] = ModelError,
    ) -> None:
        self.kind, self.group, self.error = kind, group, error
        self._builtin = dict(builtin or {})
        self._base = base
        self._registered: dict[str, Callable[..., Any]] = {}

    def names(self) -> list[str]:
        """All names, sorted. Nothing is imported, so that a package that is broken breaks no list."""
        return sorted({*self._builtin, *self._registered, *self._offered})

    def get(self, name: str) -> type[Part]:
        """The class, or factory, of that name.

        Raises
        ------
        AvaffectError
            An unknown name (the nearest is named), a name that two packages claim, or a part that cannot be
            imported or is of another kind.
        """
        places = self._places(name)
        if not places:
            raise self.error(f"unknown {self.kind} {name!r}; {nearest(name, self.names())}")
        if len(places) > 1:
            claims = " and ".join(f"{place} ({package})" for place, package in places.items())
            raise self.error(
                f"the {self.kind} {name!r} exists more than once: {claims}; uninstall one of them"
            )
        part = self._registered[name] if name in self._registered else self._imported(name, *places.items())
        return self._checked(name, part)

    def create(self, name: str, *args: Any, **options: Any) -> Part:
        """Build the part of that name.

        Parameters
        ----------
        name : str
            One of `names()`.
        *args
            What every part of this kind is given first.
        **options
            Keyword options of that part.

        Raises
        ------
        AvaffectError
            As `get`; an unknown option (the nearest is named); options that are missing or do not fit.
        """
        part = self.get(name)
        self._check_options(name, part, args, options)
        try:
            return part(*args, **options)
        except AvaffectError:
            raise
        except Exception as error:  # of whatever kind: options come from files that others wrote
            raise self._misfit(name, _one_line(error)[:300]) from error

    def register(self, name: str) -> Callable[[_Made], _Made]:
        """Decorator: give a class or factory a name.

        A class that is defined again under the same name (a notebook cell that is run twice) replaces the
        earlier one.

        Raises
        ------
        AvaffectError
            The name is taken.
        """

        def add(part: _Made) -> _Made:
            before = self._registered.get(name)
            again = before is not None and before is not part and _place(before) == _place(part)
            if not again and (before is not None or name in self._builtin):
                place = self._builtin[name] if before is None else _place(before)
                raise self.error(f"{_article(self.kind)} named {name!r} exists: {place}; choose another name")
            self._registered[name] = part
            return part

        return add

    def package(self, name: str) -> str:
        """The package that a part comes from: "avaffect", or the distribution or module that added it."""
        places = self._places(name)
        if not places:
            raise self.error(f"unknown {self.kind} {name!r}; {nearest(name, self.names())}")
        return " and ".join(places.values())

    def _places(self, name: str) -> dict[str, str]:
        """All that claim the name: ``"module:Class"`` and its package."""
        places = {}
        if name in self._builtin:
            places[self._builtin[name]] = "avaffect"
        if name in self._registered:
            place = _place(self._registered[name])
            places[place] = place.partition(":")[0].partition(".")[0]
        return places | {point.value: _distribution(point) for point in self._offered.get(name, ())}

    @cached_property
    def _offered(self) -> dict[str, list[EntryPoint]]:
        """Entry points of installed packages by name."""
        offered: dict[str, list[EntryPoint]] = {}
        for point in entry_points(group=self.group):
            offered.setdefault(point.name, []).append(point)
        return offered

    def _imported(self, name: str, where: tuple[str, str]) -> Any:
        place, package = where
        try:
            return _resolve(place)
        except AvaffectError:
            raise
        except Exception as error:
            raise self.error(
                f"{self.kind} {name!r} of the package {package!r} cannot be imported"
                f" ({_one_line(error)}); repair or uninstall {package!r}"
            ) from error

    def _checked(self, name: str, part: Any) -> Any:
        base = _resolve(self._base) if self._base else object
        if not callable(part) or (self._base and not (isinstance(part, type) and issubclass(part, base))):
            expected = f"a class derived from {self._base.replace(':', '.')}" if self._base else "a class"
            raise self.error(f"{self.kind} {name!r} is {part!r}; expected {expected}")
        return part

    def _check_options(
        self, name: str, part: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> None:
        signature = inspect.signature(part)
        parameters = list(signature.parameters.values())[len(args) :]
        known = [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            for option in options:
                if option not in known:
                    raise self._misfit(name, f"it has no option {option!r}; {nearest(option, known)}")
        try:
            signature.bind(*args, **options)
        except TypeError as error:
            raise self._misfit(name, error) from error
        types = _option_types(part)
        for option, value in options.items():
            if option in types and (fault := _type_fault(types[option], value)):
                raise self._misfit(name, f"{option}: {fault}")

    def _misfit(self, name: str, reason: object) -> AvaffectError:
        return self.error(f"{self.kind} {name!r} does not take these options: {reason}")


def _option_types(part: Callable[..., Any]) -> dict[str, Any]:
    """Types of a part's options, where its signature says them in terms that can be looked up."""
    own = getattr(part, "__init__", part) if isinstance(part, type) else part
    try:
        return get_type_hints(own)
    except (NameError, TypeError, AttributeError):
        return {}


def _type_fault(kind: Any, value: Any) -> str:
    """What is wrong with the type of an option that a file can hold; "" where nothing is, or none can."""
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

    from .schema import problem

    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return ""
    try:
        TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False)).validate_json(text, strict=True)
    except ValidationError as error:
        return problem(error, object)
    except PydanticUserError:
        return ""
    return ""


def load_plugins(modules: Iterable[str], folder: str | Path = ".") -> None:
    """Import modules that register parts of their own, as a recipe's ``plugins`` names them.

    Parameters
    ----------
    modules : iterable of str
        ``"my_package.parts"``, a module that is installed or lies in ``folder``; or ``"my_parts.py"``, a
        file, its path relative to ``folder``.
    folder : path
        Where the recipe lies; by default the current folder.

    Raises
    ------
    ModelError
        If a module cannot be imported, or registers a name that is taken.
    """
    for name in modules:
        file = name.endswith(".py")
        module = _import_file(Path(folder) / name) if file else _import(name, Path(folder))
        _plugins[module.__name__] = None


def loaded_plugins() -> tuple[str, ...]:
    """Names of the modules that `load_plugins` has imported: what a spawned process must import as well."""
    return tuple(_plugins)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ModelError(f"plugin {path}: no such file; give the path of a Python file or a module's name")
    module = _import(path.stem, path.parent)
    found = Path(getattr(module, "__file__", None) or "built into Python")
    if found.resolve() != path.resolve():
        raise ModelError(f"plugin {path}: a module {path.stem!r} exists already ({found}); rename the file")
    return module


def _import(name: str, folder: Path) -> ModuleType:
    # Last on the path: a file that lies there by chance never hides an installed package.
    place = str(folder.resolve())
    if place not in sys.path:
        sys.path.append(place)
    try:
        return import_module(name)
    except AvaffectError:
        raise
    except Exception as error:
        raise ModelError(
            f"plugin {name!r} cannot be imported ({_one_line(error)});"
            f" expected an installed module, or one in {folder.resolve()}"
        ) from error


def _resolve(place: str) -> Any:
    """The object at ``"module:name"``."""
    module, _, name = place.partition(":")
    found: Any = import_module(module)
    for attribute in filter(None, name.split(".")):
        found = getattr(found, attribute)
    return found


def _place(part: Callable[..., Any]) -> str:
    return f"{part.__module__}:{part.__qualname__}"


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
