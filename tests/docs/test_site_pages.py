"""Links of files of the repository, as pages of the site need them."""

from __future__ import annotations

import importlib.util

import pytest

from .shell_lines import ROOT

_SPEC = importlib.util.spec_from_file_location("site_pages", ROOT / "scripts" / "site_pages.py")
site_pages = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(site_pages)


@pytest.mark.parametrize(
    ("source", "link", "wanted"),
    [
        ("README.md", "docs/trace.md", "trace.md"),
        ("README.md", "src/avaffect/weights/hgrjca.default/card.md", "models/hgrjca.default.md"),
        ("docs/training.md", "../benchmarks/training.md", "measured/training.md"),
        ("docs/fusion.md", "training.md", "training.md"),
        ("CONTRIBUTING.md", "README.md", "index.md"),
        ("src/avaffect/weights/hgrjca.default/card.md", "../LICENSE.md", "../weights-licence.md"),
        ("README.md", "pyproject.toml", f"{site_pages.REPOSITORY}/pyproject.toml"),
        ("README.md", "docs/nothing.md", "nothing.md"),
        ("README.md", "nothing.md", "nothing.md"),
    ],
)
def test_a_link_leads_to_the_same_file(source: str, link: str, wanted: str) -> None:
    page = site_pages.PAGES.get(source, source.removeprefix("docs/"))
    assert site_pages.in_site(link, source=source, page=page) == wanted


def test_every_page_from_outside_docs_is_there() -> None:
    for source in site_pages.PAGES:
        assert (ROOT / source).is_file(), source
