"""From corpora to a model: recipes, one Lightning module per stage, one command (`run`).

Needs the extra ``avaffect[train]``.
"""

from importlib.util import find_spec

from ..errors import AvaffectError

for _package in ("lightning", "yaml"):
    if find_spec(_package) is None:
        raise AvaffectError(f"training needs {_package}: pip install 'avaffect[train]'")

from .recipe import Recipe, read_recipe  # noqa: E402
from .run import STAGES, run  # noqa: E402

__all__ = ["STAGES", "Recipe", "read_recipe", "run"]
