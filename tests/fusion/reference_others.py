"""The equations outside joint cross-attention and its gates, in NumPy; see `reference`."""

from __future__ import annotations

from math import erf

import numpy as np

from .reference import Streams, Weights, emptied, gate, linear, relu, softmax, under


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
    query = linear(w, "query", joint) if "query.weight" in w else joint  # t, d
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
    return x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))


def sinusoid(ticks: int, width: int) -> np.ndarray:
    half = (width + 1) // 2
    angles = np.arange(ticks)[:, None] * np.exp(np.arange(half) * (-np.log(1e4) / half))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)[:, :width]


def block(w: Weights, x: np.ndarray, mask: np.ndarray, heads: int) -> np.ndarray:
    """A pre-norm transformer block over the rows of x."""
    x = x + self_attention(under(w, "attention"), layer_norm(w, "attention_norm", x), mask, heads)
    hidden = gelu(linear(w, "feed_forward.0", layer_norm(w, "forward_norm", x)))
    return x + linear(w, "feed_forward.3", hidden)


def transformer(w: Weights, x: Streams, masks: Streams, *, width: int, layers: int, heads: int) -> Streams:
    """Tokens of each stream, zero where masked."""
    names = list(x)
    ticks = len(masks[names[0]])
    place = sinusoid(ticks, width)
    x = emptied(x, masks)
    tokens = np.concatenate([linear(w, f"project.{m}", x[m]) + place + w[f"stream.{m}"] for m in names])
    mask = np.concatenate([masks[m] for m in names])
    for index in range(layers):
        tokens = block(under(w, f"layers.{index}"), tokens, mask, heads)
    tokens = layer_norm(w, "norm", tokens)
    return emptied({m: tokens[i * ticks : (i + 1) * ticks] for i, m in enumerate(names)}, masks)


def bottleneck(
    w: Weights, x: Streams, masks: Streams, *, layers: int, fusion_layer: int, heads: int, exchange: str
) -> Streams:
    """Each stream's class token, if it has one, and tokens."""
    x, masks = emptied(x, masks), dict(masks)
    for m in x:
        tokens = linear(w, f"project.{m}", x[m]) + w[f"stream.{m}"]
        tokens = tokens + sinusoid(*tokens.shape)
        if f"token.{m}" in w:
            tokens = np.concatenate([w[f"token.{m}"][None], tokens])
            masks[m] = np.concatenate([[masks[m].any()], masks[m]])
        x[m] = tokens
    shared = w.get("encoder.bottleneck")
    for index in range(layers):
        here = under(w, f"encoder.layers.{index}")
        weights = {m: under(here, m if f"{m}.attention.out.bias" in here else "all") for m in x}
        if index < fusion_layer or exchange == "none":
            x = {m: block(weights[m], tokens, masks[m], heads) for m, tokens in x.items()}
        elif exchange == "tokens":
            together, seen = np.concatenate(list(x.values())), np.concatenate([masks[m] for m in x])
            ends = np.cumsum([len(tokens) for tokens in x.values()])[:-1]
            x = {
                m: np.split(block(weights[m], together, seen, heads), ends)[place]
                for place, m in enumerate(x)
            }
        else:
            proposals = []
            for m, tokens in x.items():
                seen = np.concatenate([masks[m], np.ones(len(shared), bool)])
                found = block(weights[m], np.concatenate([tokens, shared]), seen, heads)
                x[m] = found[: len(tokens)]
                if masks[m].any():
                    proposals.append(found[len(tokens) :])
            shared = np.mean(proposals, axis=0) if proposals else np.zeros_like(shared)
    return {m: layer_norm(w, "encoder.norm", tokens) for m, tokens in x.items()}
