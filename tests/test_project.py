"""The files around the code agree with the code and with one another."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from avaffect import list_models
from avaffect.model_folder import read_spec

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TERMS = (ROOT / "src/avaffect/weights/LICENSE.md").read_text()


@pytest.mark.parametrize("name", list_models())
def test_the_licence_file_states_the_terms_of_every_model(name: str) -> None:
    spec = read_spec(name)
    assert f"| `{name}` | {spec.licence} |" in TERMS
    for corpus in spec.corpora:
        free = name == "hgrjca.open"  # its corpora are named in its terms
        assert free or f"| {corpus.name} | {corpus.terms} |" in TERMS


def test_the_licence_file_names_no_other_model() -> None:
    assert sorted(re.findall(r"^\| `(.+?)` \|", TERMS, re.MULTILINE)) == sorted(list_models())


def test_models_that_share_an_encoder_have_the_same_terms() -> None:
    """The frozen parts of an encoder, behind the first file, have terms of their own."""
    terms: dict[str, set[str]] = {}
    for spec in map(read_spec, list_models()):
        for stream in spec.streams.values():
            terms.setdefault(stream.encoder_weights[0], set()).add(spec.licence)
    assert all(len(licences) == 1 for licences in terms.values())


def test_the_licence_file_has_a_part_for_each_licence_of_the_package() -> None:
    licences = set(re.split(r" AND ", PROJECT["license"]))
    assert licences == set(re.findall(r"^## (.+)$", TERMS, re.MULTILINE))
    for file in PROJECT["license-files"]:
        assert (ROOT / file).is_file()


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert re.search(rf"^## \[{re.escape(version)}\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_tested_set_holds_every_package_that_is_asked_for() -> None:
    pinned = {_plain(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()}
    extras = PROJECT["optional-dependencies"].values()
    asked = [*PROJECT["dependencies"], *(requirement for extra in extras for requirement in extra)]
    names = {_plain(re.match(r"[\w.-]+", requirement)[0]) for requirement in asked}
    assert names - pinned == {"avaffect"}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
