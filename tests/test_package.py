"""The face of the package: what `import avaffect` offers."""

from __future__ import annotations

import pydoc
import subprocess
import sys

import pytest

import avaffect


def run(code: str) -> str:
    """Run Python in a process of its own; gives what it prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", avaffect.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(avaffect, name)
    assert found.__doc__
    assert found.__doc__.strip()
    assert name in dir(avaffect)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="'avaffect' has no attribute 'laod'"):
        avaffect.laod  # noqa: B018


def test_the_lists_hold_what_is_built_in() -> None:
    assert "hgrjca.default" in avaffect.list_models()
    assert "hgrjca" in avaffect.list_fusions()
    assert avaffect.list_encoders() == ["face", "text", "voice", "whisper"]
    assert "affwild2" in avaffect.list_corpora()
    assert avaffect.list_detectors() == ["mtcnn", "yunet"]


def test_errors_are_those_that_are_raised() -> None:
    for error in (avaffect.MediaError, avaffect.ModelError, avaffect.DataError):
        assert issubclass(error, avaffect.AvaffectError)
    with pytest.raises(avaffect.ModelError):
        avaffect.create_fusion("none", dims={})


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, avaffect; avaffect.ModelError; print(len([m for m in sys.modules]), *sys.modules)"
    count, *loaded = run(code).split()
    heavy = {"torch", "numpy", "pandas", "cv2", "av", "typer", "rich", "importlib.metadata", "email.message"}
    assert heavy & set(loaded) == set()
    assert int(count) < 150


def test_help_teaches_and_hides_the_machinery() -> None:
    shown = pydoc.plain(pydoc.render_doc(avaffect))
    assert 'avaffect.load("hgrjca.default")' in shown
    assert "What to look at next" in shown
    for hidden in ("__getattr__", "__dir__", "import_module", "TYPE_CHECKING"):
        assert hidden not in shown


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    assert avaffect.__version__ == version("avaffect")
