"""The equations of the family in NumPy, float64, one sequence at a time, loops and all.

Written from the published equations and from the ones the docstrings state for the forms of any
length, not from the torch code. Weights come by the names of the state dict; streams are time-major
(t, d); masks (t,) are True where available. What is absent is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Streams = dict[str, np.ndarray]
Weights = Mapping[str, np.ndarray]


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.0)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def linear(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    """x W^T + b, with the bias if there is one."""
    y = x @ w[f"{name}.weight"].T
    return y + w[f"{name}.bias"] if f"{name}.bias" in w else y


def under(w: Weights, prefix: str) -> dict[str, np.ndarray]:
    """The weights below a prefix, without it."""
    return {key[len(prefix) + 1 :]: value for key, value in w.items() if key.startswith(prefix + ".")}


def emptied(streams: Streams, masks: Streams) -> Streams:
    return {m: np.where(masks[m][:, None], x, 0.0) for m, x in streams.items()}


# --- joint cross-attention ----------------------------------------------------------------------


def jca_feature_window(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention A as published; weights of one step."""
    x = emptied(x, masks)
    joint = np.concatenate(list(x.values()), axis=1)  # L, d
    out = {}
    for m, xm in x.items():
        s = under(w, f"streams.{m}")
        c = np.tanh(xm.T @ s["joint.weight"] @ joint / np.sqrt(joint.shape[1]))  # d_m, d
        h = relu(s["own.weight"] @ xm + s["cross.weight"] @ c.T)  # k, d_m
        out[m] = s["out.weight"] @ h + xm  # the layer holds W_h^T, (L, k)
    return emptied(out, masks)


def jca_time_window(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention B as published, feature-major inside."""
    x = emptied(x, masks)
    joint = np.concatenate(list(x.values()), axis=1)
    if "joint.weight" in w:
        joint = linear(w, "joint", joint)
    big_j = joint.T  # d, L
    out = {}
    for m, xm in x.items():
        s = under(w, f"streams.{m}")
        big_x = xm.T  # d_m, L
        w_j, w_c, w_h = s["joint.weight"].T, s["cross.weight"].T, s["out.weight"].T
        c = np.tanh(big_x.T @ w_j @ big_j / np.sqrt(big_j.shape[0]))  # L, L
        h = relu(big_x @ w_c @ c)  # d_m, L
        out[m] = (h @ w_h + big_x).T
    return emptied(out, masks)


def jca_feature_any(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention A with the mixing over features: entry by entry of C."""
    names = list(x)
    dims = [x[m].shape[1] for m in names]
    d, ticks = sum(dims), len(masks[names[0]])
    out = {}
    for m in names:
        s = under(w, f"streams.{m}")
        c = np.zeros((x[m].shape[1], d))
        mixed = np.zeros_like(x[m])
        mixed[masks[m]] = x[m][masks[m]] @ s["joint.weight"].T
        column = 0
        for other in names:
            both = masks[m] & masks[other]
            n = max(both.sum(), 1)
            for j in range(x[other].shape[1]):
                for i in range(x[m].shape[1]):
                    total = (mixed[both, i] * x[other][both, j]).sum()
                    c[i, column] = np.tanh(total / (n * np.sqrt(d)))
                column += 1
        out[m] = np.zeros_like(x[m])
        for t in range(ticks):
            if masks[m][t]:
                parts = [x[o][t] if masks[o][t] else np.zeros(x[o].shape[1]) for o in names]
                content = np.concatenate(parts) @ c.T
                h = relu(x[m][t] @ s["own.weight"].T + content @ s["cross.weight"].T)
                out[m][t] = h @ s["out.weight"].T + x[m][t]
    return out


def jca_time_any(w: Weights, x: Streams, masks: Streams) -> Streams:
    """Convention B with the mixing over features: tick by tick."""
    names = list(x)
    ticks = len(masks[names[0]])
    out = {m: np.zeros_like(x[m]) for m in names}
    for t in range(ticks):
        joint = np.concatenate([x[o][t] if masks[o][t] else np.zeros(x[o].shape[1]) for o in names])
        if "joint.weight" in w:
            joint = linear(w, "joint", joint)
        for m in names:
            if not masks[m][t]:
                continue
            s = under(w, f"streams.{m}")
            content = np.zeros(s["cross.weight"].shape[0])
            for other in np.flatnonzero(masks[m]):
                scaled = x[m][other] @ s["joint.weight"].T
                c = np.tanh(scaled @ joint / np.sqrt(len(joint)))
                content += c * (x[m][other] @ s["cross.weight"].T)
            h = relu(content / masks[m].sum())
            out[m][t] = h @ s["out.weight"].T + x[m][t]
    return out


STEPS = {
    ("feature", "time"): jca_feature_window,
    ("time", "time"): jca_time_window,
    ("feature", "feature"): jca_feature_any,
    ("time", "feature"): jca_time_any,
}


def block(w: Weights, index: int) -> Weights:
    """Weights of the step of iteration ``index``, below ``blocks``: its own, or the shared ones."""
    count = len({key.split(".")[1] for key in w if key.startswith("blocks.")})
    return under(w, f"blocks.{index % count}")


def recursion(w: Weights, x: Streams, masks: Streams, step, iterations: int) -> list[Streams]:
    """X^(0) .. X^(t)."""
    states = [emptied(x, masks)]
    for index in range(iterations):
        states.append(step(block(w, index), states[-1], masks))
    return states


# --- gates --------------------------------------------------------------------------------------


def gate(
    w: Weights, candidates: list[np.ndarray], *, source: str = "last", activation: str = "relu"
) -> tuple[np.ndarray, np.ndarray]:
    """The mixture (t, d) and the weights (t, k)."""
    if len(candidates) == 1:
        g = np.ones((len(candidates[0]), 1))
    else:
        seen = np.concatenate(candidates, axis=1) if source == "concat" else candidates[-1]
        g = softmax(linear(w, "logits", seen) / w["temperature"])
    mixed = sum(g[:, [k]] * each for k, each in enumerate(candidates))
    return (relu(mixed) if activation == "relu" else mixed), g


def gated_recursion(
    w: Weights,
    x: Streams,
    masks: Streams,
    step,
    iterations: int,
    *,
    reference: str,
    recurse: str,
    source: str,
    activation: str,
) -> tuple[dict[str, list[np.ndarray]], dict[str, list[np.ndarray]]]:
    """X_g^(l) and G^(l) for l = 1.., per stream; weights of `GatedSteps`."""
    start = emptied(x, masks)
    current = start
    gated = {m: [] for m in x}
    gates = {m: [] for m in x}
    n_gates = len({key.split(".")[1] for key in w if key.startswith("gates.")})
    for index in range(iterations):
        attended = step(block(under(w, "steps"), index), current, masks)
        following = {}
        for m in x:
            before = current[m] if reference == "previous" else start[m]
            mixed, g = gate(
                under(w, f"gates.{index % n_gates}.streams.{m}"), [before, attended[m]],
                source=source, activation=activation,
            )  # fmt: skip
            gated[m].append(mixed)
            gates[m].append(g)
            following[m] = mixed if recurse == "gated" else attended[m]
        current = following
    return gated, gates


# --- the others ---------------------------------------------------------------------------------


def ca(w: Weights, x: Streams, masks: Streams, *, normalise: bool = True) -> Streams:
    """Cross-attention; a tick attends only where both it and the answering tick are there."""
    if normalise:
        x = {m: e / np.linalg.norm(e, axis=1, keepdims=True) for m, e in x.items()}
    (one, x1), (two, x2) = x.items()
    out = {one: np.zeros_like(x1), two: np.zeros_like(x2)}
    big_w = w["correlation.weight"]
    for m, other, scores in (
        (one, two, lambda t, s: x[one][s] @ big_w @ x[two][t]),
        (two, one, lambda t, s: x[one][t] @ big_w @ x[two][s]),
    ):
        answers = np.flatnonzero(masks[m])
        for t in answers:
            found = np.zeros(x[m].shape[1])
            if masks[other][t]:
                share = softmax(np.array([scores(t, s) for s in answers]))
                found = sum(a * x[m][s] for a, s in zip(share, answers, strict=True))
            out[m][t] = np.tanh(x[m][t] + found)
    return out


def coattention_layer(w: Weights, x: Streams, masks: Streams, *, window: bool) -> Streams:
    x = emptied(x, masks)
    joint = np.concatenate(list(x.values()), axis=1)
    query = linear(w, "query", joint)  # t, d
    out = {}
    for m, xm in x.items():
        s = under(w, f"streams.{m}")
        here = masks[m]
        if window:
            key = linear(s, "key", xm.T)  # d_m, L
            c = np.tanh(key[:, here] @ query[here] / np.sqrt(joint.shape[1]))
        else:
            key = linear(s, "key", xm[here]).T  # d_m, n
            c = np.tanh(key @ query[here] / (max(here.sum(), 1) * np.sqrt(joint.shape[1])))
        u = relu(np.tanh(linear(s, "value", xm) @ c))  # t, d
        out[m] = xm + relu(linear(s, "out", u))
    return emptied(out, masks)


def coattention(w: Weights, x: Streams, masks: Streams, *, layers: int, window: bool) -> Streams:
    for index in range(layers):
        x = coattention_layer(under(w, f"layers.{index}"), x, masks, window=window)
    return x


def late(w: Weights, x: Streams, masks: Streams) -> np.ndarray:
    heads = {}
    for m, xm in x.items():
        head = under(w, f"heads.{m}")
        heads[m] = linear(head, "3", relu(linear(head, "0", xm)))
    ticks = len(next(iter(masks.values())))
    out = np.zeros((ticks, next(iter(heads.values())).shape[1]))
    for t in range(ticks):
        there = [heads[m][t] for m in x if masks[m][t]]
        if there:
            out[t] = np.mean(there, axis=0)
    return out


def attend_heads(q: np.ndarray, k: np.ndarray, v: np.ndarray, heads: int) -> np.ndarray:
    """Multi-head softmax attention of rows of q (n, d) over rows of k, v (s, d)."""
    size = q.shape[1] // heads
    parts = []
    for h in range(heads):
        cut = slice(h * size, (h + 1) * size)
        parts.append(softmax(q[:, cut] @ k[:, cut].T / np.sqrt(size)) @ v[:, cut])
    return np.concatenate(parts, axis=1)


def self_attention(w: Weights, x: np.ndarray, mask: np.ndarray, heads: int) -> np.ndarray:
    d = x.shape[1]
    out = np.zeros_like(x)
    if mask.any():
        qkv = linear(w, "project", x[mask])
        found = attend_heads(qkv[:, :d], qkv[:, d : 2 * d], qkv[:, 2 * d :], heads)
        out[mask] = linear(w, "out", found)
    return out


def iaca(w: Weights, x: Streams, masks: Streams, cross: Streams, heads: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (t, width) and modality shares (t, m), from the cross-attended streams."""
    x = emptied(x, masks)
    projected = []
    for m, xm in x.items():
        alone = xm + self_attention(under(w, f"self_attention.{m}"), xm, masks[m], heads)
        mixed, _ = gate(under(w, f"gates.streams.{m}"), [alone, cross[m]])
        name = f"project.{m}"
        projected.append(linear(w, name, mixed) if f"{name}.weight" in w else mixed)
    logits = linear(under(w, "modality"), "logits", np.concatenate(projected, axis=1))
    logits = logits / w["modality.temperature"]
    shares = np.zeros_like(logits)
    for t in range(len(logits)):
        there = [i for i, m in enumerate(x) if masks[m][t]]
        if there:
            shares[t, there] = softmax(logits[t, there])
    return relu(sum(shares[:, [i]] * p for i, p in enumerate(projected))), shares


def layer_norm(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


def lfan(w: Weights, x: Streams, masks: Streams, *, leader: str, width: int, heads: int):
    """Features (t, leader + m width) and the attention each stream receives (t, m)."""
    x = emptied(x, masks)
    names = list(x)
    ticks = len(masks[names[0]])
    size = width // heads
    followers = np.zeros((ticks, len(names) * width))
    received = np.zeros((ticks, len(names)))
    for t in range(ticks):
        there = [i for i, m in enumerate(names) if masks[m][t]]
        qkv = {i: linear(w, f"project.{names[i]}", x[names[i]][t]).reshape(3, heads, size) for i in there}
        for i in there:
            y = []
            for h in range(heads):
                scores = np.array([qkv[i][0, h] @ qkv[n][1, h] for n in there]) / np.sqrt(size)
                share = softmax(scores)
                y.append(sum(a * qkv[n][2, h] for a, n in zip(share, there, strict=True)) + qkv[i][2, h])
                received[t, there] += share / (heads * len(there))
            followers[t, i * width : (i + 1) * width] = np.concatenate(y)
    follower = layer_norm(w, "norm", linear(w, "out", followers))
    return np.concatenate([x[leader], follower], axis=1), received


def gelu(x: np.ndarray) -> np.ndarray:
    from math import erf

    return x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))


def transformer(w: Weights, x: Streams, masks: Streams, *, width: int, layers: int, heads: int) -> Streams:
    """Tokens of each stream, zero where masked."""
    names = list(x)
    ticks = len(masks[names[0]])
    half = (width + 1) // 2
    angles = np.arange(ticks)[:, None] * np.exp(np.arange(half) * (-np.log(1e4) / half))
    place = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)[:, :width]
    x = emptied(x, masks)
    tokens = np.concatenate([linear(w, f"project.{m}", x[m]) + place + w[f"stream.{m}"] for m in names])
    mask = np.concatenate([masks[m] for m in names])
    for index in range(layers):
        s = under(w, f"layers.{index}")
        normed = layer_norm(s, "attention_norm", tokens)
        tokens = tokens + self_attention(under(s, "attention"), normed, mask, heads)
        normed = layer_norm(s, "forward_norm", tokens)
        tokens = tokens + linear(s, "feed_forward.3", gelu(linear(s, "feed_forward.0", normed)))
    tokens = layer_norm(w, "norm", tokens)
    return emptied({m: tokens[i * ticks : (i + 1) * ticks] for i, m in enumerate(names)}, masks)
