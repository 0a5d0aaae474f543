"""The cost of many people, and that a run over where each is seen gives what a run over everything gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import avaffect
from avaffect import checkpoint
from avaffect.model import AffectModel
from avaffect.predict.together import Clip, slide_all
from avaffect.runtime.torch import TorchRuntime
from avaffect.sliding import slide
from avaffect.spec import Component

TICKS = 400


def person(spec, first, stop, seed):
    """Streams of somebody who is there from tick ``first`` to ``stop``, with gaps; and the same as a clip."""
    random = torch.Generator().manual_seed(seed)
    streams, masks = {}, {}
    for name, stream in spec.streams.items():
        streams[name] = torch.randn(TICKS, stream.dim, generator=random)
        masks[name] = torch.rand(TICKS, generator=random) > 0.3
        masks[name][:first], masks[name][stop:] = False, False
    clip = Clip(
        lambda begin, end: {name: x[first:stop][begin:end].numpy() for name, x in streams.items()},
        {name: m[first:stop].numpy() for name, m in masks.items()},
        first,
    )
    return streams, masks, clip


def models(debug_spec):
    blstm = {n: replace(s, temporal=Component("blstm")) for n, s in debug_spec.streams.items()}
    timed = Component("jca", {"mixing": "time", "window": round(debug_spec.window * debug_spec.tick_rate)})
    specs = [
        debug_spec,
        *(replace(debug_spec, fusion=Component(name)) for name in avaffect.list_fusions()),
        replace(debug_spec, fusion=timed),
        replace(debug_spec, streams=blstm),
    ]
    for spec in specs:
        torch.manual_seed(0)
        yield AffectModel(spec).eval()
    yield checkpoint.load("hgrjca.default")


def test_a_run_over_where_people_are_seen_is_a_run_over_the_recording(debug_spec):
    spans = [(0, 30), (17, 60), (100, 350), (390, 400), (5, 400), (200, 201)]
    for model in models(debug_spec):
        window = round(model.spec.window * model.spec.tick_rate)
        made = [person(model.spec, *span, seed) for seed, span in enumerate(spans)]
        outputs = slide_all(TorchRuntime(model), (clip for _, _, clip in made), TICKS)
        for (streams, masks, _), (first, stop), output in zip(made, spans, outputs, strict=True):
            there = torch.stack(list(masks.values())).any(dim=0).numpy()[first:stop]
            expected = slide(model.network, streams, masks, window=window, hop=window // 2)[0][first:stop]
            np.testing.assert_allclose(
                output.values[there], expected[there], atol=2e-6, err_msg=str(model.spec.fusion)
            )


def test_a_person_costs_the_time_they_are_seen(debug_spec):
    model = AffectModel(debug_spec).eval()
    run = []
    model.network.register_forward_hook(lambda _, given, out: run.append(given[1]["audio"].numel()))
    for people in (20, 80):
        run.clear()
        list(
            slide_all(
                TorchRuntime(model),
                (person(debug_spec, 4 * k, 4 * k + 8, k)[2] for k in range(people)),
                TICKS,
            )
        )
        # Each tick is in two windows, and a batch is as long as its longest.
        assert sum(run) <= 8 * 2 * 2 * people


def test_someone_who_is_never_there_has_no_values(debug_spec):
    model = TorchRuntime(AffectModel(debug_spec).eval())
    (output,) = slide_all(model, [person(debug_spec, 10, 10, 0)[2]], TICKS)
    assert output.values.shape == (0, 2)
    empty = person(debug_spec, 10, 20, 0)[2]
    empty = Clip(empty.read, {name: np.zeros_like(m) for name, m in empty.masks.items()}, 10)
    (output,) = slide_all(model, [empty], TICKS)
    assert np.isnan(output.values).all()


@pytest.fixture(scope="module")
def portrait():
    data = pytest.importorskip("skimage.data")
    return data.astronaut()[:256, 96:352]


def test_a_voice_without_a_face_has_rows_of_its_own(portrait, sample_clip):
    """A face, then a screen without one for 5 s while somebody talks, then the face again."""
    samples, _, _ = avaffect.media.read_audio(sample_clip)
    samples = np.tile(samples[16000:48000], 8)[: 11 * 16000]
    other = np.full_like(portrait, 90)
    images = [portrait] * 75 + [other] * 125 + [portrait] * 75
    table = (
        avaffect.load("hgrjca.default")
        .process_signal(frames=images, times=np.arange(275) / 25, samples=samples, sample_rate=16000)
        .table
    )
    assert table["track"].dropna().unique().tolist() == [1]
    theirs, nobody = table[table["track"].notna()], table[table["track"].isna()]
    assert len(theirs) == 275
    away = theirs["pts"].between(3.05, 7.9)
    assert theirs.loc[away, ["valence", "face_conf", "speaking"]].isna().all(axis=None)
    spoken = nobody["pts"].between(3.05, 7.9) & (nobody["voiced"] >= 0.5)
    assert spoken.sum() > 50
    assert nobody.loc[spoken, "valence"].notna().all()
    # The portrait's mouth stays still while the voice is heard: it is somebody's off screen.
    watched = nobody[nobody["pts"].between(0.6, 2.4) & (nobody["voiced"] >= 0.5)]
    assert len(watched) > 25
    assert watched["valence"].notna().all()
    assert (watched["source"] == "voice").all()
    listens = theirs[theirs["pts"].isin(watched["pts"])]
    assert (listens["source"] == "face").all()
    assert (listens["speaking"] < 0.5).all()
    assert table["source"].notna().eq(table["valence"].notna()).all()
    for rows in (theirs, nobody):
        assert rows["frame"].is_unique
    assert table["source"].notna().eq(table["arousal"].notna()).all()
    both = table["source"] == "face+voice"
    assert table["attended_audio"].notna().eq(both).all()
    assert table["attended_visual"].notna().eq(both).all()
