"""What every encoder offers, and what is said when a spec asks for something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avaffect.encoder import AudioEncoder, Encoder, VisualEncoder, create_encoder, list_encoders, register
from avaffect.errors import ModelError
from avaffect.model import AffectModel
from avaffect.spec import Component
from avaffect.voice import preset

FACES = torch.randint(0, 256, (3, 112, 112, 3), dtype=torch.uint8, generator=torch.manual_seed(0))


def voices(encoder: AudioEncoder, number: int, frames: int) -> torch.Tensor:
    """Log-mel with the bands that an encoder reads."""
    bands = preset(encoder.preprocessing["logmel"]).n_mels
    return torch.randn(number, frames, bands, generator=torch.manual_seed(0))


@pytest.mark.parametrize("name", list_encoders())
def test_every_encoder_keeps_the_protocol(name: str) -> None:
    torch.manual_seed(0)
    encoder = create_encoder(name).eval()
    assert isinstance(encoder, (AudioEncoder, VisualEncoder))
    raw = voices(encoder, 3, 40) if isinstance(encoder, AudioEncoder) else FACES
    features = encoder(raw)
    torch.testing.assert_close(encoder.features(encoder.preprocess(raw)), features)
    torch.testing.assert_close(encoder(raw[1:2]), features[1:2], atol=1e-5, rtol=1e-4)
    if isinstance(encoder, AudioEncoder):
        assert features.shape == (3, 40 // encoder.stride, encoder.dim)
        assert (
            encoder.tick_rate == preset(encoder.preprocessing["logmel"]).frame_rate / encoder.stride == 12.5
        )
    else:
        assert features.shape == (3, encoder.dim)
        gray = raw.float().mean(-1)
        halved = torch.nn.functional.avg_pool2d(gray, 2)
        assert encoder(gray).shape == encoder(halved).shape == features.shape


@pytest.mark.parametrize("name", list_encoders())
def test_a_feature_depends_on_no_more_than_the_context(name: str) -> None:
    encoder = create_encoder(name).eval()
    if not isinstance(encoder, AudioEncoder):
        pytest.skip("each face is read on its own")
    # A hop in the middle; around it whole hops that hold the context and more.
    hop, stride, context = encoder.hop, encoder.stride, encoder.context
    begin = -(-(context + 1) // hop) * hop
    raw = voices(encoder, 1, (2 * begin + hop) * stride)
    other = raw.clone()
    other[:, : (begin - context) * stride], other[:, (begin + hop + context) * stride :] = 0, 0
    features, changed = (encoder(each)[:, begin : begin + hop] for each in (raw, other))
    torch.testing.assert_close(features, changed, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", list_encoders())
def test_frozen_parts_exist_and_do_not_learn(name: str) -> None:
    encoder = create_encoder(name)
    frozen = {
        f"{part}.{key}"
        for part in encoder.frozen
        for key, _ in encoder.get_submodule(part).named_parameters()
    }
    assert frozen == {key for key, value in encoder.named_parameters() if not value.requires_grad}


def test_a_model_takes_only_the_encoders_that_fit_its_spec(debug_spec) -> None:
    def build(stream: str, **changes: object) -> None:
        streams = debug_spec.streams | {stream: replace(debug_spec.streams[stream], **changes)}
        AffectModel(replace(debug_spec, streams=streams))

    with pytest.raises(ModelError, match="VoiceNet reads the stream 'audio'; the spec gives it 'visual'"):
        build("visual", encoder=Component("voice"))
    with pytest.raises(ModelError, match="FaceNet gives features of size 64; the spec says dim=128"):
        build("visual", encoder=Component("face", {"dim": 64}))
    with pytest.raises(ModelError, match="VoiceNet gives 12.5 features a second; the spec says 25"):
        AffectModel(replace(debug_spec, tick_rate=25.0))


def test_only_an_encoder_can_be_made_by_name(monkeypatch) -> None:
    monkeypatch.setattr("avaffect.encoder.ENCODERS._registered", {})
    register("linear")(torch.nn.Linear)  # type: ignore[type-var]
    with pytest.raises(ModelError, match="expected a class derived from avaffect.encoder.base.Encoder"):
        create_encoder("linear")
    assert issubclass(type(create_encoder("face")), Encoder)
