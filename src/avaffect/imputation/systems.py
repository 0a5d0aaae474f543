"""Ways to live with recordings that lack one of two streams: what is trained, and on what.

``dropped``
    A fusion trained on complete recordings alone, and a network of each stream by itself, trained on all
    recordings that have it; at test the one whose streams are there.
``absent``
    One fusion, trained on all recordings with their masks. In the place of a missing stream it has a learned
    vector, as all fusions here.
``imputed``
    One fusion, trained on all recordings behind a `StreamImputer`.
``linear``
    The same behind ridge regressions from stream to stream: what imputation is worth without a VAE.

Axes: ``t`` ticks, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from torch import Tensor

from ..comparison.features import Scaler
from ..comparison.network import Example, Settings, create_network, predict, train
from .streams import StreamImputer
from .training import MutualFit

SYSTEMS = ("dropped", "absent", "imputed", "linear")
ALPHA = 1000.0
"""Penalty of the ridge regressions, on standardised features."""

System = Callable[[Example], NDArray]
"""An example to predictions (t, targets)."""

Impute = Callable[[Example], Example]


@dataclass(frozen=True)
class Plan:
    """What is equal for all systems.

    Attributes
    ----------
    fusion : str
        Of the registry.
    network : Settings
        Of every network behind the features.
    imputer : MutualFit
    """

    fusion: str = "concat"
    network: Settings = Settings(steps=100, batch=16, window=32)
    imputer: MutualFit = MutualFit(rounds=400, batch=64, learning_rate=2e-3)


def standardise(train: Sequence[Example], test: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Features at mean 0 and deviation 1 over the training examples' available ticks; 0 where masked."""
    scalers = {
        name: Scaler([each.streams[name][each.masks[name]].numpy() for each in train])
        for name in train[0].streams
    }

    def scaled(example: Example) -> Example:
        values = {name: scalers[name](x.numpy().astype(float)) for name, x in example.streams.items()}
        streams = {
            name: torch.from_numpy(x).where(example.masks[name][:, None], 0.0) for name, x in values.items()
        }
        return replace(example, streams=streams)

    return [scaled(each) for each in train], [scaled(each) for each in test]


def without(example: Example, stream: str | None) -> Example:
    """The example with one stream masked throughout; as it is for None."""
    if stream is None:
        return example
    emptied = {stream: torch.zeros_like(example.streams[stream])}
    masked = {stream: torch.zeros_like(example.masks[stream])}
    return replace(example, streams=example.streams | emptied, masks=example.masks | masked)


def train_imputers(examples: Sequence[Example], plan: Plan, seed: int) -> dict[str, Impute]:
    """The imputers of the systems ``imputed`` and ``linear``, trained on the examples' ticks."""
    names = tuple(examples[0].streams)
    streams = {name: torch.cat([each.streams[name] for each in examples]) for name in names}
    masks = {name: torch.cat([each.masks[name] for each in examples]) for name in names}
    torch.manual_seed(seed)
    mutual = StreamImputer({name: x.shape[1] for name, x in streams.items()})
    mutual.fit(streams, masks, plan.imputer, seed=seed)
    both = torch.stack(list(masks.values())).all(0)
    ridges = {
        name: Ridge(alpha=ALPHA).fit(streams[name][both].numpy(), streams[other][both].numpy())
        for name, other in (names, names[::-1])
    }

    def linear(source: str, values: Tensor) -> Tensor:
        return torch.from_numpy(ridges[source].predict(values.numpy())).float()

    return {"imputed": lambda each: filled(each, mutual.impute), "linear": lambda each: filled(each, linear)}


def filled(example: Example, impute: Callable[[str, Tensor], Tensor]) -> Example:
    """The example with each stream filled where it is missing and the other is there."""
    streams, masks = dict(example.streams), dict(example.masks)
    for name, other in (names := tuple(streams), names[::-1]):
        lacking = example.masks[other] & ~example.masks[name]
        if lacking.any():
            streams[name] = example.streams[name].clone()
            streams[name][lacking] = impute(other, example.streams[other][lacking])
            masks[name] = example.masks[name] | lacking
    return replace(example, streams=streams, masks=masks)


def train_systems(
    examples: Sequence[Example], imputers: Mapping[str, Impute], plan: Plan, seed: int
) -> dict[str, System]:
    """All of `SYSTEMS`, on the same standardised examples and from the same seed."""
    names = tuple(examples[0].streams)

    def network(chosen: Sequence[Example], streams: Sequence[str] = names) -> System:
        own = [_only(example, streams) for example in chosen]
        torch.manual_seed(seed)
        fusion = plan.fusion if len(streams) > 1 else "concat"
        trained = create_network(fusion, {s: own[0].streams[s].shape[1] for s in streams}, plan.network)
        train(trained, own, plan.network, seed)
        return lambda example: predict(trained, _only(example, streams), plan.network)[0]

    alone = {name: network([e for e in examples if name in _streams_of(e)], (name,)) for name in names}
    complete = network([each for each in examples if len(_streams_of(each)) == len(names)])

    def dropped(example: Example) -> NDArray:
        there = _streams_of(example)
        return alone[there[0]](example) if len(there) == 1 else complete(example)

    systems = {"dropped": dropped, "absent": network(examples)}
    for name, impute in imputers.items():
        systems[name] = _behind(impute, network([impute(each) for each in examples]))
    return systems


def _behind(impute: Impute, system: System) -> System:
    return lambda example: system(impute(example))


def _only(example: Example, streams: Sequence[str]) -> Example:
    return replace(
        example,
        streams={name: example.streams[name] for name in streams},
        masks={name: example.masks[name] for name in streams},
    )


def _streams_of(example: Example) -> list[str]:
    """The streams that an example has at any tick."""
    return [name for name, mask in example.masks.items() if np.any(mask.numpy())]
