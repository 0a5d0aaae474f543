"""The encoder on Whisper's blocks against its equations in NumPy, its windows, and its files."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from avaffect.encoder import create_encoder
from avaffect.encoder.whisper import HOP, WhisperVoice, sinusoids
from avaffect.errors import DataError, ModelError
from avaffect.media import read_audio
from avaffect.train.optimiser import create_optimizer
from avaffect.train.recipe import Fit
from avaffect.voice import log_mel, preset, relative

WIDTH, HEADS, BLOCKS = 8, 2, 2
OPTIONS = {"width": WIDTH, "heads": HEADS, "blocks": BLOCKS, "dim": 5}
HALF_OF_ERF = np.vectorize(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))))


def published(path: Path, **changes: np.ndarray | None) -> Path:
    """A file of small random weights, laid out as Whisper's."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) / math.sqrt(np.prod(shape[1:]))).astype(np.float32)

    w = WIDTH
    arrays = {
        "conv1/weight": draw(w, 80, 3),
        "conv1/bias": draw(w),
        "conv2/weight": draw(w, w, 3),
        "conv2/bias": draw(w),
    }
    for layer in range(3):
        for name, rows, columns in (
            ("self_attention/linear_0", 3 * w, w),
            ("self_attention/linear_1", w, w),
            ("ffn/linear_0", 4 * w, w),
            ("ffn/linear_1", w, 4 * w),
        ):
            arrays[f"layer_{layer}/{name}/weight"] = draw(rows, columns)
            arrays[f"layer_{layer}/{name}/bias"] = draw(rows)
        for name in ("self_attention/layer_norm", "ffn/layer_norm"):
            arrays[f"layer_{layer}/{name}/gamma"] = 1 + draw(w) / 4
            arrays[f"layer_{layer}/{name}/beta"] = draw(w)
    arrays |= {"num_heads": np.array([HEADS], np.int16)} | changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("whisper") / "small.npz")


@pytest.fixture(scope="module")
def net(weights: Path) -> WhisperVoice:
    torch.manual_seed(0)
    made = WhisperVoice(**OPTIONS).eval()
    made.load_published(weights)
    return made


def bels(frames: int, seed: int = 0) -> torch.Tensor:
    """A log-mel relative to its reference, with changes in time."""
    generator = torch.Generator().manual_seed(seed)
    slow = nn.functional.interpolate(torch.randn(1, 80, frames // 8 + 2, generator=generator), size=frames)
    return (slow.transpose(1, 2) - 1 + 0.3 * torch.randn(1, frames, 80, generator=generator)).clamp(-6, 3)


def by_the_equations(file: Path, logmel: np.ndarray, blocks: int, heads: int) -> np.ndarray:
    """Ticks of `preprocess`, in double precision, position by position where that is no slower."""
    with np.load(file) as archive:
        z = {name: archive[name].astype(np.float64) for name in archive.files}

    def convolve(x: np.ndarray, name: str, stride: int) -> np.ndarray:
        padded = np.pad(x, ((1, 1), (0, 0)))
        taps = [padded[k : k + len(x) : stride] @ z[f"{name}/weight"][:, :, k].T for k in range(3)]
        return gelu(sum(taps) + z[f"{name}/bias"])

    def gelu(x: np.ndarray) -> np.ndarray:
        return x * HALF_OF_ERF(x)

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
        return scaled * z[f"{name}/gamma"] + z[f"{name}/beta"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ z[f"{name}/weight"].T + z[f"{name}/bias"]

    def attend(x: np.ndarray, name: str) -> np.ndarray:
        q, k, v = np.split(linear(x, f"{name}/linear_0"), 3, axis=1)
        size = x.shape[1] // heads
        out = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            score = np.exp(q[:, part] @ k[:, part].T / math.sqrt(size))
            out.append(score / score.sum(1, keepdims=True) @ v[:, part])
        return linear(np.concatenate(out, axis=1), f"{name}/linear_1")

    # Ours is put back, and the reference where the speech of an ordinary recording is: -2.7 bels.
    heard = (logmel.astype(np.float64) - 2.7 + 0.3208 + 4) / 4
    first = convolve(convolve(heard, "conv1", 1), "conv2", 2)
    width, ticks = first.shape[1], len(logmel) // 8
    out = np.zeros((ticks, width + 1))
    for tick in range(ticks):
        window = tick // 25
        seen = np.arange(4 * max(0, 25 * window - 12), 4 * min(ticks, 25 * window + 37))
        if tick % 25 == 0:
            place = seen - 4 * (25 * window - 12)
            angle = place[:, None] / 10000 ** (np.arange(width // 2) / (width // 2 - 1))
            x = first[seen] + np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
            for layer in range(blocks):
                x = x + attend(
                    norm(x, f"layer_{layer}/self_attention/layer_norm"), f"layer_{layer}/self_attention"
                )
                inner = gelu(linear(norm(x, f"layer_{layer}/ffn/layer_norm"), f"layer_{layer}/ffn/linear_0"))
                x = x + linear(inner, f"layer_{layer}/ffn/linear_1")
        own = (seen >= 4 * tick) & (seen < 4 * tick + 4)
        out[tick, :-1] = x[own].mean(0)
        power = 10.0 ** logmel[8 * tick : 8 * tick + 8].astype(np.float64)
        out[tick, -1] = np.log10(power.mean(1)).mean()
    return out


@pytest.mark.parametrize("ticks", [1, 30, 76, 170])
def test_it_computes_its_equations(net: WhisperVoice, weights: Path, ticks: int) -> None:
    logmel = bels(8 * ticks + 3).double()
    expected = by_the_equations(weights, logmel[0, : 8 * ticks].numpy(), BLOCKS, HEADS)
    ours = WhisperVoice(**OPTIONS).eval()
    ours.load_state_dict(net.state_dict())
    np.testing.assert_allclose(ours.double().preprocess(logmel)[0].numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(net.preprocess(logmel.float())[0].numpy(), expected, atol=1e-4)


def test_the_published_weights_on_speech(shared: Path) -> None:
    """A second of a clip, through the real blocks; the positions that are computed are the published ones."""
    file = shared / "data" / "whisper" / "tiny.en.npz"
    if not file.is_file():
        pytest.skip(f"no published weights at {file}")
    whisper = WhisperVoice().eval()
    whisper.load_published(file)
    sound = read_audio(shared / "clips" / "grid_bbaf2n.mpg")[0][16000:32000]
    logmel = relative(log_mel(sound, preset("whisper16k")), -2.0)
    ours = whisper.preprocess(torch.from_numpy(logmel)[None])[0].numpy()
    assert ours.shape == (12, 385)
    np.testing.assert_allclose(ours, by_the_equations(file, logmel[:96], 2, 6), atol=2e-3)
    with np.load(file) as archive:
        table = archive["position_encodings/encodings"].astype(np.float32)
    np.testing.assert_allclose(sinusoids(1500, 384).numpy(), table, atol=1e-3)


@pytest.mark.parametrize("kernel", [0, 5])
def test_pieces_give_what_the_whole_gives(net: WhisperVoice, kernel: int) -> None:
    torch.manual_seed(1)
    ours = WhisperVoice(**OPTIONS, kernel=kernel).eval()
    ours.whisper.load_state_dict(net.whisper.state_dict())
    ticks = 400
    logmel = bels(8 * ticks)
    with torch.inference_mode():
        whole = ours(logmel)[0]
        for size in (60, 160):
            for first, begin, end, last in ours.pieces(ticks, size):
                assert begin % HOP == first % HOP == 0
                piece = ours(logmel[:, 8 * first : 8 * last])[0, begin - first : end - first]
                torch.testing.assert_close(piece, whole[begin:end], atol=1e-5, rtol=1e-4)
        moved = ours(logmel[:, 8 * 40 :])[0]
    assert (moved[100:200] - whole[140:240]).abs().max() > 1e-3  # a cut elsewhere changes them


@pytest.mark.parametrize("frames", [8, 15, 16, 601])
def test_a_feature_per_whole_tick_of_silence(net: WhisperVoice, frames: int) -> None:
    features = net(torch.full((2, frames, 80), -6.0))
    assert features.shape == (2, frames // 8, 5)
    assert features.isfinite().all()


@pytest.mark.parametrize("shape", [(1, 7, 80), (1, 80, 64)])
def test_input_of_another_shape(net: WhisperVoice, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="expected .batch, at least 8 frames, 80 bands"):
        net(torch.zeros(shape))


def test_only_what_stands_behind_the_blocks_is_trained(weights: Path) -> None:
    torch.manual_seed(0)
    ours = WhisperVoice(**OPTIONS, kernel=3)
    ours.load_published(weights)
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    optimizer = create_optimizer(ours, Fit(epochs=1, batch=1, learning_rate=0.1, weight_decay=0.1))
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert held == {id(p) for name, p in ours.named_parameters() if not name.startswith("whisper.")}
    ours.train()
    ours(bels(160)).square().sum().backward()
    optimizer.step()
    for name, value in ours.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith(("whisper.", "mean", "deviation")), name
    assert torch.equal(ours.preprocess(bels(160)), ours.eval().preprocess(bels(160)))


def test_the_scale_is_that_of_the_data(net: WhisperVoice) -> None:
    ours = WhisperVoice(**OPTIONS)
    ours.whisper.load_state_dict(net.whisper.state_dict())
    ticks = ours.preprocess(bels(1600))
    ticks[..., 3] = 7.0  # never changes
    ours.measure_scale(ticks)
    flat = ticks[0].double().numpy()
    np.testing.assert_allclose(ours.mean.numpy(), flat.mean(0), atol=1e-5)
    np.testing.assert_allclose(ours.deviation.numpy()[4:], flat.std(0)[4:], rtol=1e-4)
    assert ours.features(ticks).isfinite().all()


def test_a_file_of_other_blocks(tmp_path: Path) -> None:
    for number, (options, changes, message) in enumerate(
        [
            ({"width": 12}, {}, r"conv1/weight: its shape is \(8, 80, 3\); expected 12 on axis 0"),
            ({"blocks": 4}, {}, "no 'layer_3/"),
            ({"heads": 4}, {}, "weights of 2 attention heads; expected 4: give the encoder heads=2"),
            ({}, {"num_heads": None}, "no 'num_heads' inside"),
            ({}, {"conv1/bias": np.full(8, np.nan)}, "conv1/bias holds values that are no finite numbers"),
            ({}, {"conv1/bias": np.zeros(8, int)}, "conv1/bias: it holds int64; expected floating point"),
            ({}, {"conv1/bias": np.array([None] * 8)}, "not readable as an .npz of plain arrays"),
        ]
    ):
        file = published(tmp_path / f"{number}.npz", **changes)
        with pytest.raises(DataError, match=message) as error:
            WhisperVoice(**OPTIONS | options).load_published(file)
        assert "\n" not in str(error.value)
    with zipfile.ZipFile(tmp_path / "empty.npz", "w"), pytest.raises(DataError, match="not readable"):
        WhisperVoice(**OPTIONS).load_published(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "options", [{"width": 9}, {"width": 8, "heads": 3}, {"blocks": 0}, {"kernel": 2}, {"kernel": -1}]
)
def test_sizes_that_do_not_fit(options: dict[str, int]) -> None:
    with pytest.raises(ModelError, match="expected a(n odd| block)"):
        create_encoder("whisper", **{"width": 8, "heads": 2} | options)
