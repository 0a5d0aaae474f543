"""Speech activity: against the published network, on real talk, and on what is none."""

import subprocess
import sys

import av
import numpy as np
import pytest

from avaffect.voice import SpeechStream, resample, share, speech_active, speech_probability

GRID = ("bbaf2n", "lbax4n", "pwij3p", "sbwe5n")


def read(path) -> np.ndarray:
    resampler = av.AudioResampler("s16", "mono", 16000)
    with av.open(str(path)) as container:
        parts = [out.to_ndarray()[0] for f in container.decode(audio=0) for out in resampler.resample(f)]
    return np.concatenate(parts).astype(np.float32) / 32768


@pytest.mark.parametrize("name", GRID)
def test_speech_is_found_in_each_grid_clip(clips, name):
    probability, rate = speech_probability(read(clips / f"grid_{name}.mpg"))
    active = speech_active(probability, rate)
    assert 1.0 < active.sum() / rate < 2.8  # six words in three seconds
    assert not active[0]  # GRID sentences begin and end with silence


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(48000),
        0.1 * np.random.default_rng(0).standard_normal(48000),
        0.3 * np.sin(2 * np.pi * 220 * np.arange(48000) / 16000),
    ],
    ids=["silence", "noise", "tone"],
)
def test_no_speech(sound):
    probability, rate = speech_probability(sound.astype(np.float32))
    assert probability.shape == (94,)
    assert probability.max() < 0.5
    assert not speech_active(probability, rate).any()


def test_equals_the_published_network(clips, tmp_path):
    sound = read(clips / "grid_bbaf2n.mpg")
    np.save(tmp_path / "sound.npy", sound)
    code = (  # in a process of its own: the wheel's module sets the number of threads
        "import sys, numpy as np, torch, silero_vad\n"
        "sound = torch.from_numpy(np.load(sys.argv[1]))\n"
        "net = silero_vad.load_silero_vad(); net.reset_states()\n"
        "out = [net(sound[i:i + 512], 16000).item() for i in range(0, len(sound) - 511, 512)]\n"
        "np.save(sys.argv[2], np.array(out))\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "sound.npy", tmp_path / "out.npy"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    expected = np.load(tmp_path / "out.npy")
    ours = speech_probability(sound)[0][: len(expected)]
    assert np.abs(ours - expected).max() < 1e-5


def test_blocks_give_what_the_whole_gives(clips):
    sound = read(clips / "grid_lbax4n.mpg")
    stream = SpeechStream()
    parts = [stream.push(sound[i : i + 777]) for i in range(0, len(sound), 777)]
    joined = np.concatenate([*parts, stream.finish()])
    np.testing.assert_allclose(joined, speech_probability(sound)[0], atol=1e-5)


def test_a_stream_leaves_others_alone(clips):
    sound = read(clips / "grid_lbax4n.mpg")[16000:32000]
    alone = SpeechStream().push(sound)
    first, second = SpeechStream(), SpeechStream()
    second.push(np.random.default_rng(0).standard_normal(5000).astype(np.float32))
    np.testing.assert_array_equal(first.push(sound), alone)


def test_no_sound_no_probabilities():
    probability, rate = speech_probability(np.zeros(0, np.float32))
    assert probability.shape == (0,)
    assert rate == 31.25
    assert speech_active(probability, rate).shape == (0,)


def test_resampling_keeps_the_integral():
    values = np.random.default_rng(0).random(50)
    up = resample(values, 31.25, 100.0, 160)
    assert up.sum() / 100 == pytest.approx(values.sum() / 31.25)
    down = resample(values, 31.25, 12.5, 20)
    # Two and a half values per tick, by hand for the first two.
    assert down[0] == pytest.approx((values[0] + values[1] + values[2] / 2) / 2.5)
    assert down[1] == pytest.approx((values[2] / 2 + values[3] + values[4]) / 2.5)


def test_resampling_beyond_the_end_is_missing():
    out = resample(np.array([1.0, 1.0, 0.0]), 2.0, 1.0, 3)
    np.testing.assert_array_equal(out, [1.0, 0.0, np.nan])
    assert share(np.ones(3, bool), 12).tolist() == [True] * 10 + [False] * 2


def naive_active(p, rate, on, off, shortest, lead, hang):
    speaking, runs = False, []
    for i, value in enumerate([*p, 0.0]):
        if not speaking and value >= on:
            speaking, start = True, i
        elif speaking and not value >= off:
            speaking = False
            runs.append((start, i))
    out = [False] * len(p)
    for start, stop in runs:
        if (stop - start) / rate >= shortest:
            for i in range(start - round(lead * rate), stop + round(hang * rate)):
                if 0 <= i < len(p):
                    out[i] = True
    return out


@pytest.mark.parametrize("seed", range(5))
def test_activity_equals_a_plain_state_machine(seed):
    rng = np.random.default_rng(seed)
    p = np.clip(np.cumsum(rng.normal(0, 0.25, 300)) % 1.3, 0, 1)
    p[rng.integers(300, size=20)] = np.nan
    ours = speech_active(p, 10, on=0.6, off=0.3, shortest=0.2, lead=0.1, hang_over=0.3)
    assert 0 < ours.mean() < 1
    assert ours.tolist() == naive_active(p, 10, 0.6, 0.3, 0.2, 0.1, 0.3)


def test_pauses_within_talk_stay_active():
    p = np.array([0.0] * 10 + [0.9] * 10 + [0.0] * 8 + [0.9] * 10 + [0.0] * 40)
    active = speech_active(p, 31.25)
    assert active[8:45].all()
    assert not active[60:].any()
