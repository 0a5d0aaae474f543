"""The published networks as their authors' code has them: names and shapes of weights, mathematics.

The mathematics is in NumPy, float64, one sequence at a time, from the published names of weights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .. import reference as ref

# --- the published state dicts, written out -------------------------------------------------------


def jca_shapes(
    window: int, heads: tuple[str, ...], *, joint: int = 256, seen: int = 640
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for number in (1, 2) if joint == 256 else ():
        shapes |= {f"encoder{number}.weight": (128, 512), f"encoder{number}.bias": (128,)}
    for m in "av":
        shapes |= {
            f"affine_{m}.weight": (window, window),
            f"W_{m}.weight": (32, window),
            f"W_c{m}.weight": (32, joint),
            f"W_h{m}.weight": (window, 32),
        }
    for head in heads:
        shapes |= {f"{head}.0.weight": (128, seen), f"{head}.0.bias": (128,)}
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


def linear(name: str, out: int, dim: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, dim), f"{name}.bias": (out,)}


def coattention_shapes(layers: int, window: int, dims: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        block = f"coattn.dcn_layers.{layer}"
        shapes |= linear(f"{block}.dense_coattn.query_linear", sum(dims), sum(dims))
        for number, dim in enumerate(dims, start=1):
            shapes |= linear(f"{block}.dense_coattn.key{number}_linear", window, window)
            shapes |= linear(f"{block}.dense_coattn.value{number}_linear", dim, dim)
            shapes |= linear(f"{block}.linears.{number - 1}.0", dim, sum(dims))
    return shapes


def recurrent_shapes(layers: int, *, gated: bool, streams: bool = True) -> dict[str, tuple[int, ...]]:
    shapes = lstm_shapes("Joint", 1024) | coattention_shapes(layers, 16, (512, 512))
    if streams:
        shapes |= lstm_shapes("audio_extract", 512) | lstm_shapes("video_extract", 512)
    attention = "video_attn.attn"
    for name in ("affine_audio", "affine_video", "affine_feat"):
        shapes |= linear(f"{attention}.{name}", 512, 512)
    shapes |= {f"{attention}.affine_{m}.weight": (49, 512) for m in "vg"}
    shapes[f"{attention}.affine_h.weight"] = (1, 49)
    for head in ("vregressor", "aregressor"):
        shapes |= linear(f"{head}.0", 128, 512) | linear(f"{head}.3", 1, 128)
    if gated:
        shapes |= linear("audio_gating_fc_layer", 2, 512) | linear("video_gating_fc_layer", 2, 512)
    return shapes


SHAPES = {
    "jca.abaw3": jca_shapes(8, ("regressor",)),
    "jca.tbiom": jca_shapes(16, ("vregressor", "aregressor")),
    "jca.tbiom512": jca_shapes(16, ("regressor",), joint=1024, seen=1024),
    "coattention.tbiom": recurrent_shapes(1, gated=False, streams=False),
    "ca.fg2021": {"corr_weights": (1024, 1024)},
    "rjca.icassp2023": recurrent_shapes(1, gated=False),
    "dca.icme2024": recurrent_shapes(2, gated=True),
    "rjcma.abaw6": coattention_shapes(2, 300, (256, 128, 128)),
}


def random_state(name: str, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, shape in SHAPES[name].items():
        scale = 0.5 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.1
        state[key] = scale * torch.randn(shape, generator=generator)
    return state


# --- the published mathematics, from published names ----------------------------------------------


def published_jca(
    w: ref.Weights, audio: np.ndarray, visual: np.ndarray, heads: list[str], *, attended_head: bool = False
) -> np.ndarray:
    """One sequence, (L, 512) each, to (L, heads)."""
    xa, xv = audio, visual
    if "encoder1.weight" in w:
        xa, xv = ref.linear(w, "encoder1", audio), ref.linear(w, "encoder2", visual)
    joint = np.concatenate([xa, xv], axis=1)
    attended = {}
    for m, x in (("a", xa), ("v", xv)):
        c = np.tanh(x.T @ w[f"affine_{m}.weight"] @ joint / np.sqrt(joint.shape[1]))
        h = ref.relu(w[f"W_{m}.weight"] @ x + w[f"W_c{m}.weight"] @ c.T)
        attended[m] = w[f"W_h{m}.weight"] @ h + x
    beside = attended["a"] if attended_head else visual
    seen = np.concatenate([beside, attended["v"]], axis=1)
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


def dcn(
    w: ref.Weights, states: list[np.ndarray], layers: int, *, query_used: bool = True
) -> list[np.ndarray]:
    for layer in range(layers):
        block = ref.under(w, f"dcn_layers.{layer}")
        query = np.concatenate(states, axis=1)
        root = np.sqrt(query.shape[1])
        if query_used:
            query = ref.linear(block, "dense_coattn.query_linear", query)
        following = []
        for number, x in enumerate(states, start=1):
            key = ref.linear(block, f"dense_coattn.key{number}_linear", x.T)  # d_m, L
            score = np.tanh(key @ query / root)
            found = ref.linear(block, f"dense_coattn.value{number}_linear", x) @ score
            found = ref.relu(np.tanh(found))
            following.append(x + ref.relu(ref.linear(block, f"linears.{number - 1}.0", found)))
        states = following
    return states


def published_recurrent(w: ref.Weights, audio: np.ndarray, maps: np.ndarray, layers: int) -> np.ndarray:
    """One sequence, (16, 512) and (16, 25088), to valence and arousal (16, 2)."""
    single = "audio_extract.init_hidden" in w  # BLSTMs of single streams
    a = blstm(ref.under(w, "audio_extract"), unit(audio)) if single else unit(audio)
    v = spatial(ref.under(w, "video_attn.attn"), unit(maps), a)
    v = blstm(ref.under(w, "video_extract"), v) if single else v
    attended = dcn(ref.under(w, "coattn"), [v, a], layers)
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
