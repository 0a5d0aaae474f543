"""Parts by name: built in, offered by an installed package, or registered by an imported module."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from avaffect import registry
from avaffect.errors import DataError, ModelError
from avaffect.registry import Registry, load_plugins

BUILTIN = {"folder": "pathlib:Path", "fraction": "fractions:Fraction"}


class Shape:
    def __init__(self, first: Any, *, width: int = 1, height: int = 2) -> None:
        self.size = first, width, height


class Square(Shape):
    pass


@pytest.fixture
def offer(monkeypatch):
    """A function that makes entry points of installed packages: name=("module:Class", "package")."""

    def make(**offered: tuple[str, str]) -> None:
        points = []
        for name, (place, package) in offered.items():
            point = EntryPoint(name.strip("_"), place, "avaffect.shapes")
            vars(point)["dist"] = type("Distribution", (), {"name": package})
            points.append(point)
        monkeypatch.setattr(registry, "entry_points", lambda group: points)

    return make


def shapes(**options: Any) -> Registry[Any]:
    return Registry("shape", "avaffect.shapes", BUILTIN, **options)


def test_names_come_from_everywhere_and_import_nothing(offer):
    offer(broken=("no_such_module:Class", "broken-package"))
    found = shapes()
    found.register("square")(Square)
    assert found.names() == ["broken", "folder", "fraction", "square"]
    assert found.get("square") is Square
    assert found.get("fraction")(1, 2) * 2 == 1


def test_a_part_is_built_with_its_options():
    found = shapes()
    found.register("square")(Square)
    assert found.create("square", "red", width=3).size == ("red", 3, 2)


def test_an_offered_part_is_imported_when_asked_for(offer, monkeypatch, tmp_path):
    (tmp_path / "offered_shapes.py").write_text("class Circle:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    offer(circle=("offered_shapes:Circle", "round-things"))
    found = shapes()
    assert found.names() == ["circle", "folder", "fraction"]
    assert "offered_shapes" not in sys.modules
    assert found.get("circle").__name__ == "Circle"
    assert found.package("circle") == "round-things"
    assert found.package("folder") == "avaffect"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("squar", {}, "unknown shape 'squar'; did you mean 'square'?"),
        ("zzz", {}, "unknown shape 'zzz'; known: folder, fraction, square"),
        (
            "square",
            {"widht": 1},
            "shape 'square' does not take these options: it has no option 'widht'; did you mean 'width'?",
        ),
        (
            "square",
            {"first": 1},
            "shape 'square' does not take these options: it has no option 'first'; known: height, width",
        ),
    ],
)
def test_what_is_unknown_is_named_with_the_nearest(name, options, said):
    found = shapes()
    found.register("square")(Square)
    with pytest.raises(ModelError) as error:
        found.create(name, 0, **options)
    assert str(error.value) == said


def test_what_is_missing_or_does_not_fit_is_said():
    found = shapes(error=DataError)
    found.register("square")(Square)
    with pytest.raises(
        DataError, match="shape 'square' does not take these options: missing a required argument: 'first'"
    ):
        found.create("square")
    with pytest.raises(DataError, match="shape 'fraction' does not take these options: .*Rational"):
        found.create("fraction", [])


def test_a_part_may_take_any_option():
    found = shapes()
    found.register("any")(lambda **options: options)
    assert found.create("any", colour="red") == {"colour": "red"}


def test_a_name_is_given_once():
    found = shapes()
    found.register("square")(Square)
    with pytest.raises(ModelError, match="a shape named 'square' exists: .*test_registry:Square; choose"):
        found.register("square")(Shape)
    with pytest.raises(ModelError, match="a shape named 'folder' exists: pathlib:Path"):
        found.register("folder")(Shape)


def test_a_class_that_is_defined_again_replaces_the_first():
    found = shapes()
    first, second = (type("Cell", (), {"__module__": "__main__"}) for _ in range(2))
    found.register("cell")(first)
    found.register("cell")(second)
    assert found.get("cell") is second


def test_a_name_of_two_packages_says_which(offer):
    offer(folder=("other:Folder", "other-package"), fine=("fractions:Fraction", "fine-package"))
    found = shapes()
    with pytest.raises(
        ModelError, match=r"'folder' exists more than once: pathlib:Path \(avaffect\) and .*\(other-package\)"
    ):
        found.get("folder")
    assert found.get("fine").__name__ == "Fraction"


def test_an_offered_class_may_also_register_itself(offer, monkeypatch, tmp_path):
    (tmp_path / "twice_named.py").write_text(
        "from shapes_of_test import found\n\n\n@found.register('twice')\nclass Twice:\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    offer(twice=("twice_named:Twice", "twice"))
    found = shapes()
    monkeypatch.setitem(sys.modules, "shapes_of_test", type("Module", (), {"found": found}))
    assert found.get("twice") is found.get("twice")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('too\\nold')", r"ValueError: too old"),
        ("import no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("", "AttributeError: .*'Part'"),
    ],
)
def test_a_package_that_cannot_be_imported_is_named(offer, monkeypatch, tmp_path, source, reason):
    (tmp_path / "faulty_shapes.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "faulty_shapes", raising=False)
    offer(faulty=("faulty_shapes:Part", "faulty-package"))
    found = shapes()
    with pytest.raises(ModelError, match=rf"'faulty' of the package 'faulty-package' .*{reason}") as error:
        found.get("faulty")
    assert "\n" not in str(error.value)
    assert found.get("folder").__name__ == "Path"


def test_another_kind_is_refused():
    found = shapes(base="pathlib:PurePath")
    assert found.get("folder").__name__ == "Path"
    with pytest.raises(ModelError, match="'fraction' is .*Fraction.*; expected a class .* pathlib.PurePath"):
        found.get("fraction")
    found.register("factory")(lambda: None)
    with pytest.raises(ModelError, match="'factory' is .*; expected a class derived from pathlib.PurePath"):
        found.get("factory")


def test_a_file_beside_the_recipe_is_a_plugin(own_plugins, monkeypatch, tmp_path):
    found = shapes()
    monkeypatch.setitem(sys.modules, "shapes_of_test", type("Module", (), {"found": found}))
    line = "from shapes_of_test import found\nfound.register({!r})(lambda: {!r})\n"
    (tmp_path / "own_shapes.py").write_text(line.format("own", "own"))
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "parts.py").write_text(line.format("other", "other"))
    load_plugins(["own_shapes.py", "own_package.parts"], tmp_path)
    load_plugins(["own_shapes.py"], tmp_path)  # a second time changes nothing
    assert found.create("own") == "own"
    assert {"own_shapes", "own_package.parts"} <= set(registry.loaded_plugins())
    assert found.create("other") == "other"


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("none.py", None, "no such file"),
        (
            "no_such_plugin",
            None,
            "plugin 'no_such_plugin' cannot be imported .*an installed module, or one in",
        ),
        ("faulty_plugin.py", "1 / 0", "plugin 'faulty_plugin' cannot be imported .ZeroDivisionError"),
        ("json.py", "", "a module 'json' exists already .*rename the file"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_said(monkeypatch, tmp_path, name, source, said):
    monkeypatch.setattr(sys, "path", list(sys.path))
    if source is not None:
        (tmp_path / name).write_text(source)
    with pytest.raises(ModelError, match=said) as error:
        load_plugins([name], tmp_path)
    assert "\n" not in str(error.value)
