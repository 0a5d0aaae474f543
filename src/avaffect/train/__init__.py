"""From a recipe to a model: encoders, the network behind them, intervals, the model's folder.

`run` does all of it; a recipe (`Recipe`, read by `read_recipe`) says from what and how. A network of your own
making is trained by `fit`: build a `NetworkModule` around it, give it `Batches`. Needs the extra
``avaffect[train]``.
"""

from importlib.util import find_spec

from ..errors import AvaffectError

for _package in ("lightning", "yaml"):
    if find_spec(_package) is None:
        raise AvaffectError(f"training needs {_package}: pip install 'avaffect[train]'")

from .batches import Batches  # noqa: E402
from .loss import NetworkLoss  # noqa: E402
from .module import EncoderModule, NetworkModule, TrainedModule  # noqa: E402
from .recipe import (  # noqa: E402
    CorpusRecipe,
    Fit,
    Loss,
    NetworkFit,
    Recipe,
    Schedule,
    StoreRecipe,
    read_recipe,
)
from .run import STAGES, run, stages_of  # noqa: E402
from .trainer import Fitted, fit  # noqa: E402

__all__ = [
    "STAGES",
    "Batches",
    "CorpusRecipe",
    "EncoderModule",
    "Fit",
    "Fitted",
    "Loss",
    "NetworkFit",
    "NetworkLoss",
    "NetworkModule",
    "Recipe",
    "Schedule",
    "StoreRecipe",
    "TrainedModule",
    "fit",
    "read_recipe",
    "run",
    "stages_of",
]
