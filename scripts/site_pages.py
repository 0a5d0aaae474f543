"""MkDocs hook: brings pages that lie outside docs/ into the site, and sets links right.

README, CHANGELOG, CONTRIBUTING, the model cards and the tables of benchmarks/ stay where a reader of the
repository looks for them. Their links, and those of docs/ to them, are written for the repository; here they
become links between pages of the site. A link to a file that is no page leads to the repository on the web.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "out" / "gallery"  # made by scripts/gallery.py
REPOSITORY = "https://github.com/avaffect/avaffect/blob/main"
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "src/avaffect/weights/LICENSE.md": "weights-licence.md",
    "benchmarks/README.md": "measured/index.md",
    "benchmarks/fusion.md": "measured/fusion.md",
    "benchmarks/training.md": "measured/training.md",
    **{
        card.relative_to(ROOT).as_posix(): f"models/{card.parent.name}.md"
        for card in sorted(ROOT.glob("src/avaffect/weights/*/card.md"))
    },
}  # in the repository -> in the site
_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    from mkdocs.structure.files import File

    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    for picture in sorted(GALLERY.glob("*")):
        files.append(File.generated(config, f"gallery/{picture.name}", abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Set the links of one page right."""
    here = page.file.src_uri
    if here == "index.md":
        page.meta["hide"] = ["navigation"]  # there is but one page in its part
    source = _SOURCES.get(here, f"docs/{here}")
    return _LINK.sub(lambda link: in_site(link[1], source=source, page=here), markdown)


def in_site(link: str, *, source: str, page: str) -> str:
    """A link of a file of the repository, as the site's page needs it.

    Parameters
    ----------
    link : str
        As it stands in the file, relative to it, without ``#anchor``.
    source : str
        The file, from the repository's root.
    page : str
        The page that is made of it, from the site's root.

    Returns
    -------
    str
        Relative to the page, or an address on the web. A link that leads nowhere stays as it is: MkDocs
        stops at it.
    """
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    if target in PAGES:
        wanted = PAGES[target]
    elif target.startswith("docs/"):
        wanted = target.removeprefix("docs/")
    elif (ROOT / target).exists():
        return f"{REPOSITORY}/{target}"
    else:
        return link
    return posixpath.relpath(wanted, posixpath.dirname(page) or ".")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Docstrings announce a block by ``::``, which Markdown does not know; one colon is meant."""
    return html.replace("::</p>", ":</p>")
