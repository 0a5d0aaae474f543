"""RJCA-PV and DCA-PV: check figures, sizes, checkpoints, masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.errors import ModelError
from avaffect.fusion.published import PUBLISHED_KEYS, create_published, import_checkpoint, list_published
from avaffect.fusion.published.keys import UNUSED
from avaffect.fusion.published.person import PersonNetwork
from avaffect.fusion.published.pooling import AttentiveStatistics

from .. import reference as ref
from ..filling import fill, given, person_network
from .authors import blstm, dcn, unit

# Of the authors' own modules, to six decimals (float64, evaluation mode).
FIRST = {
    "rjca": [-0.240967, 0.273471, -0.319702, 0.309562, -0.141420, -0.238325],
    "dca": [0.006566, 0.033299, -0.275857, 0.049330, 0.459183, 0.041350],
}
LAST = {"rjca": -0.148210, "dca": 0.451250}
SUM = {"rjca": -0.211074, "dca": 0.500429}
POOLED = {"rjca": 2.227292, "dca": 9.699993}
FUSED = {"rjca": -5.712622, "dca": 43.725453}


def small(kind: str) -> PersonNetwork:
    network = PersonNetwork(dims={"visual": 6, "audio": 4}, kind=kind, embedding=5).double().eval()
    entries = person_network(network)
    assert len(entries) == len(list(network.parameters()))
    fill(entries, 0.5)
    return network


def inputs() -> dict[str, Tensor]:
    return {"audio": given((2, 8, 4), 0), "visual": given((2, 8, 6), 1)}


@pytest.mark.parametrize("kind", ["rjca", "dca"])
@torch.no_grad()
def test_figures_of_the_published_module(kind: str) -> None:
    network = small(kind)
    fused, available = network.fused(inputs())
    pooled = network.pooling(fused, available)
    out = network(inputs()).flatten()
    assert fused.sum().item() == pytest.approx(FUSED[kind], abs=6e-7)
    assert pooled.sum().item() == pytest.approx(POOLED[kind], abs=6e-7)
    assert out[:6].tolist() == pytest.approx(FIRST[kind], abs=6e-7)
    assert out[-1].item() == pytest.approx(LAST[kind], abs=6e-7)
    assert out.sum().item() == pytest.approx(SUM[kind], abs=6e-7)


@torch.no_grad()
def test_gates_of_dca() -> None:
    network = small("dca")
    found = {name: blstm(x / x.norm(dim=-1, keepdim=True)) for (name, blstm), x in zip(
        network.temporal.items(), (inputs()["visual"], inputs()["audio"]), strict=True
    )}  # fmt: skip
    weights = network.fusion(found).weights
    assert weights["gate.visual.1"][0, :2].flatten().tolist() == pytest.approx(
        [0.999942, 0.000058, 0.991308, 0.008692], abs=6e-7
    )
    assert weights["gate.audio.1"][0, :2].flatten().tolist() == pytest.approx(
        [0.436753, 0.563247, 0.226578, 0.773422], abs=6e-7
    )


def parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def test_number_of_parameters() -> None:
    with torch.device("meta"):
        rjca, dca = create_published("rjca-pv"), create_published("dca-pv")
    assert {name: parameters(part) for name, part in rjca.named_children()} == {
        "reduce": 0,
        "temporal": 520_128 + 3_680_768,
        "fusion": 2_584_992,
        "joint": 6_953_408,
        "pooling": 361_920,
        "out": 721_408,
    }
    assert parameters(rjca) == 14_822_624
    assert parameters(dca.temporal) + parameters(dca.fusion) == 6_787_300
    assert parameters(dca.fusion.gates) == 386 + 1_026
    assert parameters(dca) == 7_870_628


def test_statistics_of_one_sequence_in_numpy() -> None:
    torch.manual_seed(0)
    pooling = AttentiveStatistics(3, 5).double().eval()
    x = torch.randn(1, 4, 3).double()
    mask = torch.tensor([[True, False, True, True]])
    with torch.no_grad():
        got = pooling(x, mask)[0].numpy()
    w = {key: value.double().numpy() for key, value in pooling.state_dict().items()}
    ticks = x[0][mask[0]].numpy()
    hidden = ref.relu(ref.linear(w, "hidden", ticks)) / np.sqrt(1 + pooling.norm.eps)
    share = ref.softmax(ref.linear(w, "score", np.tanh(hidden)), axis=0)
    mean = (share * ticks).sum(axis=0)
    deviation = np.sqrt(np.maximum((share * ticks**2).sum(axis=0) - mean**2, 1e-4))
    np.testing.assert_allclose(got, [*mean, *deviation], atol=1e-12)


@pytest.mark.parametrize("kind", ["rjca", "dca"])
def test_masked_content_is_not_read(kind: str) -> None:
    network = small(kind)
    network.train()
    streams = inputs()
    masks = {"audio": torch.arange(8)[None].repeat(2, 1) < 6, "visual": torch.zeros(2, 8, dtype=torch.bool)}
    torch.manual_seed(0)
    before = network(streams, masks)
    streams["audio"][:, 6:], streams["visual"][:] = torch.nan, torch.nan
    torch.manual_seed(0)
    after = network(streams, masks)
    assert torch.equal(after, before)
    after.sum().backward()
    assert all(w.grad is None or w.grad.isfinite().all() for w in network.parameters())


def state(name: str) -> dict[str, Tensor]:
    """A state dict as the authors' script stores it, unused parts included."""
    generator = torch.Generator().manual_seed(0)
    own = create_published(name).state_dict()
    stored = {}
    for ours, theirs in PUBLISHED_KEYS[name].items():
        value = torch.randn(own[ours].shape, generator=generator) / own[ours].shape[-1] ** 0.5
        if theirs.endswith("running_var"):
            value = value.abs() + 0.5
        if theirs.endswith("init_hidden"):
            value = value.reshape(8, -1)
        if theirs in ("asp.attention.0.weight", "asp.attention.4.weight"):
            value = value.unsqueeze(-1)
        stored[theirs] = value
    stored["JCA_model.video_attn.attn.affine_h.weight"] = torch.zeros(1, 49)
    stored["asp.attention.2.num_batches_tracked"] = torch.tensor(7)
    if name == "dca-pv":
        stored["weight"] = torch.zeros(1150, 512)
    return stored


@pytest.mark.parametrize("name", ["rjca-pv", "dca-pv"])
def test_imported_network_is_the_published_mathematics(name: str, tmp_path: Path) -> None:
    stored = state(name)
    torch.save({"net": stored, "EER": np.float64(2.1), "epoch": 3}, tmp_path / "official.pt")
    network = import_checkpoint(tmp_path / "official.pt", name).double()
    streams = {"audio": torch.randn(1, 8, 192).double(), "visual": torch.randn(1, 8, 512).double()}
    with torch.no_grad():
        got = network(streams)[0].numpy()
    w = {key: value.double().numpy() for key, value in stored.items()}
    cam = ref.under(w, "JCA_model")
    plain = [
        blstm(ref.under(cam, part), unit(streams[stream][0].numpy()))
        for part, stream in (("video_extract", "visual"), ("audio_extract", "audio"))
    ]
    attended = dcn(ref.under(cam, "coattn"), plain, 2)
    if name == "dca-pv":
        for i, stream in enumerate(("video", "audio")):
            g = ref.softmax(ref.linear(cam, f"{stream}_gating_fc_layer", attended[i]) / 0.1)
            attended[i] = ref.relu(g[:, :1] * plain[i] + g[:, 1:] * attended[i])
        fused = np.concatenate(attended, axis=1)
    else:
        fused = blstm(ref.under(cam, "Joint"), np.concatenate(attended, axis=1))
    hidden = ref.relu(fused @ w["asp.attention.0.weight"][..., 0].T + w["asp.attention.0.bias"])
    centred = (hidden - w["asp.attention.2.running_mean"]) / np.sqrt(w["asp.attention.2.running_var"] + 1e-5)
    normed = centred * w["asp.attention.2.weight"] + w["asp.attention.2.bias"]
    scores = np.tanh(normed) @ w["asp.attention.4.weight"][..., 0].T + w["asp.attention.4.bias"]
    share = ref.softmax(scores, axis=0)
    mean = (share * fused).sum(axis=0)
    deviation = np.sqrt(np.maximum((share * fused**2).sum(axis=0) - mean**2, 1e-4))
    np.testing.assert_allclose(got, ref.linear(w, "linear", np.concatenate([mean, deviation])), atol=1e-9)


def test_names() -> None:
    assert {"rjca-pv", "dca-pv"} <= set(list_published())
    for name in ("rjca-pv", "dca-pv"):
        left = ("temperature", "num_batches_tracked")
        assert set(PUBLISHED_KEYS[name]) == {
            key for key in create_published(name).state_dict() if not key.endswith(left)
        }
        assert not any(key.startswith(UNUSED[name]) for key in PUBLISHED_KEYS[name].values())


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    stored = state("rjca-pv")
    del stored["asp.attention.2.running_mean"]
    torch.save({"net": stored}, tmp_path / "official.pt")
    with pytest.raises(ModelError, match=r"missing: asp\.attention\.2\.running_mean"):
        import_checkpoint(tmp_path / "official.pt", "rjca-pv")
