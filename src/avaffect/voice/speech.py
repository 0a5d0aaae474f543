"""Speech activity: where someone speaks, by Silero's network (weights of the `silero-vad` wheel).

The network (https://github.com/snakers4/silero-vad, MIT) takes 32 ms of 16 kHz sound and the 4 ms before: a
learned short-time Fourier transform, four convolutions, an LSTM over time, a sigmoid. It is written here in
torch, so that everything but the LSTM runs on many chunks at once, and because importing the wheel's own
module sets the number of threads of the whole process. The tests compare it with the published network.
"""

from __future__ import annotations

import functools
import importlib.util
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..arguments import checks_types
from ..errors import ModelError
from ..media.sound import SAMPLE_RATE

CHUNK = 512
CONTEXT = 64
CHUNK_RATE = SAMPLE_RATE / CHUNK
"""Probabilities per second: 31.25."""

BLOCK_CHUNKS = 1024
"""Chunks run at once (33 s), so that memory does not grow with the length of the sound."""

State = tuple[Tensor, Tensor]


class SpeechNet(nn.Module):
    """Silero's 16 kHz network over successive chunks."""

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(129, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm = nn.LSTM(128, 128)
        self.final_conv = nn.Conv1d(128, 1, 1)

    def forward(self, chunks: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Probability of speech in each chunk.

        Parameters
        ----------
        chunks : (t, CONTEXT + CHUNK) float32, successive in time, each with the end of the one before.
        state : the LSTM's state after the chunk before; None at the start.

        Returns
        -------
        (t,) float32 in [0, 1], and the state after the last chunk.
        """
        x = nn.functional.pad(chunks[:, None], (0, 64), mode="reflect")
        real, imaginary = self.stft_conv(x).chunk(2, dim=1)
        x = (real.square() + imaginary.square()).sqrt()  # (t, 129, 4)
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = layer(x).relu()
        x, state = self.lstm(x.squeeze(-1), state)  # time is the first axis: (t, 128)
        return self.final_conv(x.relu()[:, :, None]).sigmoid()[:, 0, 0], state


@functools.cache
def load() -> SpeechNet:
    """The network with the weights of the installed wheel (its TorchScript archive, the published default).

    Raises
    ------
    ModelError
        If the wheel, or the archive in it, is missing or of another make.
    """
    found = importlib.util.find_spec("silero_vad")  # finds without importing
    folders = list(found.submodule_search_locations or []) if found else []
    path = Path(folders[0], "data", "silero_vad.jit") if folders else None
    if path is None or not path.is_file():
        raise ModelError("speech activity needs silero-vad 6.2 or later: pip install -U silero-vad")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the wheel has this form and no other
        archive = torch.jit.load(str(path), map_location="cpu")
    published = archive.state_dict()
    net = SpeechNet()
    try:
        net.load_state_dict({ours: published[f"_model.{theirs}"] for ours, theirs in _NAMES.items()})
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"{path}: not the network of silero-vad 6.2 ({error})") from error
    return net.eval().requires_grad_(False)


_NAMES = {
    "stft_conv.weight": "stft.forward_basis_buffer",
    "final_conv.weight": "decoder.decoder.2.weight",
    "final_conv.bias": "decoder.decoder.2.bias",
    **{
        f"conv{i + 1}.{kind}": f"encoder.{i}.reparam_conv.{kind}"
        for i in range(4)
        for kind in ("weight", "bias")
    },
    **{f"lstm.{kind}_l0": f"decoder.rnn.{kind}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
}


class SpeechStream:
    """Probabilities from samples that arrive in blocks of any size.

    >>> stream = SpeechStream()
    >>> len(stream.push(np.zeros(1000, np.float32))), len(stream.push(np.zeros(30, np.float32)))
    (1, 1)
    """

    def __init__(self) -> None:
        self.net = load()
        self.context = np.zeros(CONTEXT, np.float32)
        self.waiting = np.zeros(0, np.float32)
        self.state: State | None = None

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Add the next samples (n,) float32; returns the probabilities of the chunks that are complete."""
        sound = np.concatenate([self.waiting, samples]).astype(np.float32, copy=False)
        count = len(sound) // CHUNK
        self.waiting = sound[count * CHUNK :]
        if count == 0:
            return np.zeros(0, np.float32)
        chunks = sound[: count * CHUNK].reshape(count, CHUNK)
        context = np.concatenate([self.context[None], chunks[:-1, -CONTEXT:]])
        self.context = chunks[-1, -CONTEXT:].copy()
        with torch.inference_mode():
            inputs = torch.from_numpy(np.concatenate([context, chunks], axis=1))
            probabilities, self.state = self.net(inputs, self.state)
        return probabilities.numpy()

    def finish(self) -> np.ndarray:
        """The probability of the last, incomplete chunk, filled with silence: (0 or 1,) float32."""
        if len(self.waiting) == 0:
            return np.zeros(0, np.float32)
        return self.push(np.zeros(CHUNK - len(self.waiting), np.float32))


@checks_types
def speech_probability(samples: np.ndarray) -> tuple[np.ndarray, float]:
    """Probability that someone speaks, over a whole recording, in bounded memory.

    Parameters
    ----------
    samples : (n,) float32 in [-1, 1] at 16 kHz.

    Returns
    -------
    probabilities : (ceil(n / 512),) float32 np.ndarray
        Number k is of the time [k / chunk_rate, (k + 1) / chunk_rate).
    chunk_rate : float
        31.25, probabilities per second (Hz).
    """
    stream = SpeechStream()
    block = BLOCK_CHUNKS * CHUNK
    parts = [stream.push(samples[i : i + block]) for i in range(0, len(samples), block)]
    return np.concatenate([*parts, stream.finish()]), CHUNK_RATE


@checks_types
def resample(values: np.ndarray, old_rate: float, new_rate: float, count: int) -> np.ndarray:
    """Bring a sequence of values, each the mean of one interval, to another rate.

    New value k is the mean over [k / new_rate, (k + 1) / new_rate). An interval partly beyond the end is the
    mean of the part that exists; one wholly beyond it is NaN.

    >>> resample(np.array([0.0, 1.0]), 2.0, 4.0, 5)
    array([ 0.,  0.,  1.,  1., nan])

    Parameters
    ----------
    values : (m,) np.ndarray
        Value j is of the time [j / old_rate, (j + 1) / old_rate).
    old_rate, new_rate : float
        Values per second (Hz).
    count : int
        Number of new values.

    Returns
    -------
    (count,) float64.
    """
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])  # integral, in old intervals
    edges = np.minimum(np.arange(count + 1) * (old_rate / new_rate), len(values))
    area = np.diff(np.interp(edges, np.arange(len(total)), total))
    width = np.diff(edges)
    exists = width > 1e-9
    return np.where(exists, area / np.where(exists, width, 1.0), np.nan)


@checks_types
def speech_active(
    probabilities: np.ndarray,
    chunk_rate: float,
    *,
    on: float = 0.5,
    off: float = 0.35,
    shortest: float = 0.1,
    lead: float = 0.1,
    hang_over: float = 0.3,
) -> np.ndarray:
    """Where speech is active: hysteresis, then short stretches are dropped, then a margin on both sides.

    Speech starts where the probability reaches ``on`` and lasts until it falls below ``off``. The margin
    keeps the short pauses of fluent speech active.

    >>> speech_active(np.array([0, 0.9, 0.4, 0.1, 0.4, 0]), 10, lead=0, hang_over=0.1).astype(int)
    array([0, 1, 1, 1, 0, 0])

    Parameters
    ----------
    probabilities : (m,) np.ndarray
        In [0, 1]; NaN (no sound) is not speech.
    chunk_rate : float
        Probabilities per second (Hz).
    on, off : float
        Probabilities at which speech starts and ends.
    shortest : float
        Seconds; a shorter stretch of speech is dropped.
    lead, hang_over : float
        Seconds before and after each stretch that count as active.

    Returns
    -------
    (m,) bool
    """
    known = np.where(probabilities >= on, 1, np.where(probabilities >= off, -1, 0))
    last = np.maximum.accumulate(np.where(known >= 0, np.arange(len(known)), -1))
    speaking = np.where(last >= 0, known[last], 0) == 1
    steps = np.diff(np.concatenate([[0], speaking.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    active = np.zeros(len(speaking), bool)
    for start, stop in zip(starts, stops, strict=True):
        if (stop - start) / chunk_rate >= shortest - 1e-9:
            active[max(0, start - round(lead * chunk_rate)) : stop + round(hang_over * chunk_rate)] = True
    return active


@checks_types
def share(active: np.ndarray, count: int, *, new_rate: float = 100.0, least: float = 0.5) -> np.ndarray:
    """Speech activity at another rate: True where at least the share ``least`` of the interval is active.

    Parameters
    ----------
    active : (m,) np.ndarray of bool
        From `speech_active`, at `CHUNK_RATE`.
    count : int
        Number of intervals.
    new_rate : float
        Intervals per second (Hz); that of log-mel frames by default.
    least : float
        In [0, 1].

    Returns
    -------
    (count,) bool
        False beyond the end of ``active``.
    """
    return np.nan_to_num(resample(active.astype(np.float64), CHUNK_RATE, new_rate, count)) >= least
