"""The model on stored streams."""

import numpy as np
import pytest
import torch

from avaffect.corpus.windows import Windows
from avaffect.errors import ModelError
from avaffect.fusion import list_fusions
from avaffect.spec import Component
from avaffect.train.sequence import SequenceModel

DIMS = {"audio": 3, "visual": 4}


def streams(dims=DIMS, ticks=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    data = {name: torch.randn(2, ticks, dim, generator=generator) for name, dim in dims.items()}
    masks = {name: torch.rand(2, ticks, generator=generator) > 0.3 for name in dims}
    return data, masks


@pytest.mark.parametrize("name", list_fusions())
def test_every_fusion_takes_its_place(name):
    model = SequenceModel(DIMS, fusion=Component(name), fused_dim=8)
    out = model(*streams())
    assert out.values.shape == (2, 20, 2)
    out.values.sum().backward()
    assert all(p.grad is not None for p in model.temporal.parameters())


def test_one_stream_needs_no_fusion_and_two_do():
    model = SequenceModel({"audio": 3}, fused_dim=8, targets=("arousal",))
    assert model(*streams()).values.shape == (2, 20, 1)
    with pytest.raises(ModelError, match="no fusion; name one"):
        SequenceModel(DIMS)


def test_three_streams_sizes_of_their_own_and_a_joint_network():
    dims = {"visual": 4, "audio": 3, "text": 1}
    model = SequenceModel(
        dims,
        fused_dim={"text": 2, "audio": 6, "visual": 8},
        fusion=Component("rjcma"),
        joint=Component("blstm", {"layers": 1}),
        joint_dim=10,
    )
    assert model.fusion.dims == {"visual": 8, "audio": 6, "text": 2}
    assert model.head.layers[0].in_features == 10
    assert model(*streams(dims)).values.shape == (2, 20, 2)
    with pytest.raises(ModelError, match="fused_dim has no size for the stream 'text'"):
        SequenceModel(dims, fused_dim={"audio": 6, "visual": 8}, fusion=Component("concat"))


def test_without_temporal_networks():
    linear = SequenceModel(DIMS, temporal=None, fused_dim=4, fusion=Component("concat"))
    assert {type(m).__mro__[1].__name__ for m in linear.temporal.values()} == {"Linear"}
    as_they_are = SequenceModel(DIMS, temporal=None, fused_dim=None, fusion=Component("concat"))
    assert not list(as_they_are.temporal.parameters())
    assert as_they_are.fusion.output_dim == 7


@pytest.mark.parametrize(
    "options", [{}, {"temporal": None}, {"joint": Component("tcn"), "standardise": True}]
)
def test_what_stands_at_masked_ticks_does_not_matter(options):
    model = SequenceModel(DIMS, fusion=Component("hgrjca"), fused_dim=8, **options).eval()
    data, masks = streams()
    spoilt = {name: x.where(masks[name][..., None], float("nan")) for name, x in data.items()}
    torch.testing.assert_close(model(spoilt, masks).values, model(data, masks).values)


def test_standardised_over_available_ticks(store):
    windows = Windows(store.split("train"), ticks=40, hop=40)
    model = SequenceModel(store.dims, fusion=Component("concat"), standardise=True)
    model.measure_scale(windows)
    for name in store.dims:
        read = [stored.features() for stored in windows.recordings]
        seen = np.concatenate([r.streams[name][r.masks[name]] for r in read])
        np.testing.assert_allclose(model.get_buffer(f"mean_{name}"), seen.mean(0), rtol=1e-4)
        np.testing.assert_allclose(model.get_buffer(f"deviation_{name}"), seen.std(0), rtol=1e-4)
    assert "mean_audio" in model.state_dict()
    plain = SequenceModel(store.dims, fusion=Component("concat"))
    plain.measure_scale(windows)
    assert "mean_audio" not in plain.state_dict()
