"""The published networks: their sizes, their mathematics, and checkpoints under their names."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.errors import ModelError
from avaffect.fusion.published import (
    PUBLISHED_KEYS,
    create_published,
    import_checkpoint,
    list_published,
)

from . import reference as ref

SIZES = {
    "jca.abaw3": 231_041,
    "jca.tbiom": 314_626,
    "rjca.icassp2023": 15_947_859,
    "dca.icme2024": 18_574_967,
}


# --- the published state dicts, written out -------------------------------------------------------


def jca_shapes(window: int, heads: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for number in (1, 2):
        shapes |= {f"encoder{number}.weight": (128, 512), f"encoder{number}.bias": (128,)}
    for m in "av":
        shapes |= {
            f"affine_{m}.weight": (window, window),
            f"W_{m}.weight": (32, window),
            f"W_c{m}.weight": (32, 256),
            f"W_h{m}.weight": (window, 32),
        }
    for head in heads:
        shapes |= {f"{head}.0.weight": (128, 640), f"{head}.0.bias": (128,)}
        shapes |= {f"{head}.2.weight": (1, 128), f"{head}.2.bias": (1,)}
    return shapes


def lstm_shapes(name: str, dim: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}.init_hidden": (8, 256),
        f"{name}.linear.weight": (512, dim + 512),
        f"{name}.linear.bias": (512,),
    }
    for layer, size in ((0, dim), (1, 512)):
        for end in ("", "_reverse"):
            shapes |= {
                f"{name}.rnn.weight_ih_l{layer}{end}": (1024, size),
                f"{name}.rnn.weight_hh_l{layer}{end}": (1024, 256),
                f"{name}.rnn.bias_ih_l{layer}{end}": (1024,),
                f"{name}.rnn.bias_hh_l{layer}{end}": (1024,),
            }
    return shapes


def recurrent_shapes(layers: int, gated: bool) -> dict[str, tuple[int, ...]]:
    def linear(name: str, out: int, dim: int) -> dict[str, tuple[int, ...]]:
        return {f"{name}.weight": (out, dim), f"{name}.bias": (out,)}

    shapes = lstm_shapes("audio_extract", 512) | lstm_shapes("video_extract", 512)
    shapes |= lstm_shapes("Joint", 1024)
    attention = "video_attn.attn"
    for name in ("affine_audio", "affine_video", "affine_feat"):
        shapes |= linear(f"{attention}.{name}", 512, 512)
    shapes |= {f"{attention}.affine_{m}.weight": (49, 512) for m in "vg"}
    shapes[f"{attention}.affine_h.weight"] = (1, 49)
    for layer in range(layers):
        block = f"coattn.dcn_layers.{layer}"
        shapes |= linear(f"{block}.dense_coattn.query_linear", 1024, 1024)
        for number in (1, 2):
            shapes |= linear(f"{block}.dense_coattn.key{number}_linear", 16, 16)
            shapes |= linear(f"{block}.dense_coattn.value{number}_linear", 512, 512)
            shapes |= linear(f"{block}.linears.{number - 1}.0", 512, 1024)
    for head in ("vregressor", "aregressor"):
        shapes |= linear(f"{head}.0", 128, 512) | linear(f"{head}.3", 1, 128)
    if gated:
        shapes |= linear("audio_gating_fc_layer", 2, 512) | linear("video_gating_fc_layer", 2, 512)
    return shapes


SHAPES = {
    "jca.abaw3": jca_shapes(8, ("regressor",)),
    "jca.tbiom": jca_shapes(16, ("vregressor", "aregressor")),
    "rjca.icassp2023": recurrent_shapes(1, gated=False),
    "dca.icme2024": recurrent_shapes(2, gated=True),
}


def random_state(name: str, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, shape in SHAPES[name].items():
        scale = 0.5 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.1
        state[key] = scale * torch.randn(shape, generator=generator)
    return state


def saved(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "official.pt"
    torch.save(content, path)
    return path


# --- the published mathematics, from published names ----------------------------------------------


def published_jca(w: ref.Weights, audio: np.ndarray, visual: np.ndarray, heads: list[str]) -> np.ndarray:
    """One sequence, (L, 512) each, to (L, heads)."""
    xa, xv = ref.linear(w, "encoder1", audio), ref.linear(w, "encoder2", visual)
    joint = np.concatenate([xa, xv], axis=1)
    cv = np.tanh(xv.T @ w["affine_v.weight"] @ joint / 16.0)  # sqrt(256)
    hv = ref.relu(w["W_v.weight"] @ xv + w["W_cv.weight"] @ cv.T)
    attended = w["W_hv.weight"] @ hv + xv
    seen = np.concatenate([visual, attended], axis=1)
    return np.concatenate([ref.linear(w, f"{h}.2", ref.linear(w, f"{h}.0", seen)) for h in heads], axis=1)


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(w: ref.Weights, end: str, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> np.ndarray:
    out = np.empty((len(x), len(h)))
    for t, xt in enumerate(x):
        gates = w[f"weight_ih_{end}"] @ xt + w[f"bias_ih_{end}"]
        gates = gates + w[f"weight_hh_{end}"] @ h + w[f"bias_hh_{end}"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        out[t] = h = sigmoid(o) * np.tanh(c)
    return out


def blstm(w: ref.Weights, x: np.ndarray) -> np.ndarray:
    start, rnn, y = w["init_hidden"], ref.under(w, "rnn"), x
    for layer in range(2):
        ahead = lstm(rnn, f"l{layer}", y, start[2 * layer], start[4 + 2 * layer])
        row = 2 * layer + 1
        back = lstm(rnn, f"l{layer}_reverse", y[::-1], start[row], start[4 + row])[::-1]
        y = np.concatenate([ahead, back], axis=1)
    return unit(ref.linear(w, "linear", np.concatenate([x, y], axis=1)))


def spatial(w: ref.Weights, maps: np.ndarray, audio: np.ndarray) -> np.ndarray:
    """Maps (L, 25088) cut into 49 rows of 512 as they lie in memory."""
    out = np.empty((len(maps), 512))
    for t, flat in enumerate(maps):
        places = flat.reshape(49, 512)
        seen = ref.relu(ref.linear(w, "affine_video", places)) @ w["affine_v.weight"].T  # 49, 49
        heard = ref.relu(ref.linear(w, "affine_audio", audio[t])) @ w["affine_g.weight"].T  # 49
        z = np.tanh(seen + heard[:, None]) @ w["affine_h.weight"][0]
        out[t] = ref.linear(w, "affine_feat", ref.softmax(z) @ places)
    return out


def dcn(w: ref.Weights, video: np.ndarray, audio: np.ndarray, layers: int) -> list[np.ndarray]:
    states = [video, audio]
    for layer in range(layers):
        block = ref.under(w, f"dcn_layers.{layer}")
        query = ref.linear(block, "dense_coattn.query_linear", np.concatenate(states, axis=1))
        following = []
        for number, x in enumerate(states, start=1):
            key = ref.linear(block, f"dense_coattn.key{number}_linear", x.T)  # 512, 16
            score = np.tanh(key @ query / 32.0)  # sqrt(1024)
            found = ref.linear(block, f"dense_coattn.value{number}_linear", x) @ score
            found = ref.relu(np.tanh(found))
            following.append(x + ref.relu(ref.linear(block, f"linears.{number - 1}.0", found)))
        states = following
    return states


def published_recurrent(w: ref.Weights, audio: np.ndarray, maps: np.ndarray, layers: int) -> np.ndarray:
    """One sequence, (16, 512) and (16, 25088), to valence and arousal (16, 2)."""
    a = blstm(ref.under(w, "audio_extract"), unit(audio))
    v = spatial(ref.under(w, "video_attn.attn"), unit(maps), a)
    v = blstm(ref.under(w, "video_extract"), v)
    attended = dcn(ref.under(w, "coattn"), v, a, layers)
    if "audio_gating_fc_layer.weight" in w:
        for i, (name, plain) in enumerate((("video", v), ("audio", a))):
            g = ref.softmax(ref.linear(w, f"{name}_gating_fc_layer", attended[i]) / 0.1)
            attended[i] = ref.relu(g[:, :1] * plain + g[:, 1:] * attended[i])
    joint = blstm(ref.under(w, "Joint"), np.concatenate(attended, axis=1))
    heads = [
        ref.linear(w, f"{h}.3", ref.relu(ref.linear(w, f"{h}.0", joint)))
        for h in ("vregressor", "aregressor")
    ]
    return np.concatenate(heads, axis=1)


# --- tests ----------------------------------------------------------------------------------------


def parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


@pytest.mark.parametrize("name", list(SIZES))
def test_number_of_parameters(name: str) -> None:
    network = create_published(name)
    assert parameters(network) == SIZES[name]
    assert sum(int(np.prod(shape)) for shape in SHAPES[name].values()) == SIZES[name]
    assert f"{SIZES[name]:,}" in _docstring(name)


def _docstring(name: str) -> str:
    from avaffect.fusion.published import presets

    return getattr(presets, name.replace(".", "_")).__doc__


def test_parts_of_the_counts() -> None:
    rjca = create_published("rjca.icassp2023")
    counted = {name: parameters(part) for name, part in rjca.named_children()}
    assert counted == {
        "audio_temporal": 3_680_768,
        "spatial": 838_193,
        "visual_temporal": 3_680_768,
        "fusion": 2_625_056,
        "joint_temporal": 4_991_488,
        "heads": 2 * 65_793,
    }
    dca = create_published("dca.icme2024")
    assert parameters(dca.fusion.attention) == 2 * 2_625_056
    assert parameters(dca.fusion.gates) == 2 * 1_026
    jca = create_published("jca.abaw3")
    assert parameters(jca.encoders) == 131_328
    assert parameters(jca.fusion) == 17_536
    assert parameters(jca.heads) == 82_177


@pytest.mark.parametrize("name", list(SIZES))
def test_key_map_covers_both_sides_once(name: str) -> None:
    keys = PUBLISHED_KEYS[name]
    own = {key for key in create_published(name).state_dict() if not key.endswith("temperature")}
    assert set(keys) == own
    assert sorted(keys.values()) == sorted(SHAPES[name])
    assert list_published() == sorted(PUBLISHED_KEYS)


@pytest.mark.parametrize("name", ["jca.abaw3", "jca.tbiom"])
def test_imported_jca_is_the_published_mathematics(name: str, tmp_path: Path) -> None:
    state = random_state(name)
    network = import_checkpoint(saved(tmp_path, state), name).double()
    window = 8 if name == "jca.abaw3" else 16
    streams = {m: torch.randn(2, window, 512).double() for m in ("audio", "visual")}
    with torch.no_grad():
        got = network(streams)
    heads = ["regressor"] if name == "jca.abaw3" else ["vregressor", "aregressor"]
    w = {key: value.double().numpy() for key, value in state.items()}
    for index in range(2):
        wanted = published_jca(w, streams["audio"][index].numpy(), streams["visual"][index].numpy(), heads)
        np.testing.assert_allclose(got[index].numpy(), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "layers"), [("rjca.icassp2023", 1), ("dca.icme2024", 2)])
def test_imported_recurrent_network_is_the_published_mathematics(
    name: str, layers: int, tmp_path: Path
) -> None:
    state = random_state(name)
    network = import_checkpoint(saved(tmp_path, {"net": state}), name).double()
    audio = torch.randn(1, 16, 512).double()
    maps = torch.randn(1, 16, 512, 7, 7).double()
    with torch.no_grad():
        got = network({"audio": audio, "visual": maps})[0].numpy()
    w = {key: value.double().numpy() for key, value in state.items()}
    wanted = published_recurrent(w, audio[0].numpy(), maps[0].reshape(16, -1).numpy(), layers)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-9)
    network.spatial.published_layout = False
    with torch.no_grad():
        unscrambled = network({"audio": audio, "visual": maps})[0].numpy()
    assert np.abs(unscrambled - wanted).max() > 1e-6


@pytest.mark.parametrize("head_input", ["visual", "attended"])
def test_heads_of_jca_see_what_is_said(head_input: str) -> None:
    network = create_published("jca.tbiom", head_input=head_input).eval()
    streams = {m: torch.randn(1, 16, 512, requires_grad=True) for m in ("audio", "visual")}
    network.fusion.steps.blocks[0].streams["visual"].cross.weight.data.zero_()
    network(streams).sum().backward()
    # With the way from audio into the attended visual stream cut, audio is heard or it is not.
    heard = streams["audio"].grad is not None and streams["audio"].grad.abs().max() > 0
    assert heard == (head_input == "attended")


@pytest.mark.parametrize("name", list(SIZES))
def test_masked_content_is_not_read(name: str) -> None:
    network = create_published(name).eval()
    window = 8 if name == "jca.abaw3" else 16
    maps = (512,) if name.startswith("jca") else (512, 7, 7)
    streams = {"audio": torch.randn(1, window, 512), "visual": torch.randn(1, window, *maps)}
    masks = {m: torch.arange(window)[None] < last for m, last in (("audio", 6), ("visual", 5))}
    before = network(streams, masks)
    streams["audio"][:, 6:] = torch.nan
    streams["visual"][:, 5:] = torch.nan
    after = network(streams, masks)
    assert torch.equal(after, before)
    after.sum().backward()
    assert all(w.grad is None or w.grad.isfinite().all() for w in network.parameters())


@pytest.mark.parametrize("wrap", ["bare", "net", "state_dict", "parallel"])
def test_checkpoint_however_it_is_wrapped(wrap: str, tmp_path: Path) -> None:
    state = random_state("jca.abaw3")
    content: dict[str, object] = {
        "bare": state,
        # As the published scripts write it: their scores are NumPy numbers.
        "net": {"net": state, "best_Val_acc": np.float64(0.66), "best_Val_acc_epoch": 3},
        "state_dict": {"state_dict": state, "epoch": np.int64(3), "loss": np.float32(0.2)},
        "parallel": {"net": {f"module.{key}": value for key, value in state.items()}},
    }[wrap]
    network = import_checkpoint(saved(tmp_path, content), "jca.abaw3")
    assert not network.training
    assert torch.equal(network.encoders["audio"].weight, state["encoder1.weight"])


def test_checkpoint_that_does_not_fit_is_refused_with_all_faults(tmp_path: Path) -> None:
    state = random_state("jca.abaw3")
    del state["W_ca.weight"], state["affine_v.weight"]
    state["vregressor.0.weight"] = torch.zeros(1)
    state["encoder1.bias"] = torch.zeros(64)
    with pytest.raises(ModelError) as error:
        import_checkpoint(saved(tmp_path, state), "jca.abaw3")
    said = str(error.value)
    assert "missing: W_ca.weight, affine_v.weight" in said
    assert "unexpected: vregressor.0.weight" in said
    assert "encoder1.bias (64,) for (128,)" in said
    assert "\n" not in said


def test_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, random_state("jca.tbiom"))
    with pytest.raises(ModelError, match="does not fit jca.abaw3; missing: regressor.0.bias"):
        import_checkpoint(path, "jca.abaw3")
    with pytest.raises(ModelError, match="unknown published network 'jca.abaw'; did you mean"):
        import_checkpoint(path, "jca.abaw")


class Harmful:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "was-here"
    path = saved(tmp_path, {"net": random_state("jca.abaw3"), "extra": Harmful(trace)})
    with pytest.raises(ModelError, match="not a checkpoint that can be read safely"):
        import_checkpoint(path, "jca.abaw3")
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "truncated", "pickle", "list"])
def test_file_that_is_no_checkpoint_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "official.pt"
    if kind == "folder":
        path.mkdir()
    elif kind in ("empty", "text"):
        path.write_text("" if kind == "empty" else "epoch 5: 0.66\n")
    elif kind == "truncated":
        whole = saved(tmp_path, random_state("jca.abaw3")).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"net": {"a": 1}}))
    elif kind == "list":
        torch.save([torch.zeros(3)], path)
    with pytest.raises(ModelError, match="official.pt") as error:
        import_checkpoint(path, "jca.abaw3")
    assert "\n" not in str(error.value)


def test_unknown_option_is_refused() -> None:
    with pytest.raises(ModelError, match="'jca.abaw3' has no option 'published_layout'"):
        create_published("jca.abaw3", published_layout=True)
