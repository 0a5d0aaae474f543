"""What every encoder offers, and what is said when a spec asks for something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avaffect.encoder import (
    AudioEncoder,
    Encoder,
    TextEncoder,
    VisualEncoder,
    create_encoder,
    list_encoders,
    register,
)
from avaffect.errors import ModelError
from avaffect.model import AffectModel
from avaffect.spec import Component
from avaffect.voice import preset

RAW = {
    "audio": torch.randn(3, 40, 64, generator=torch.manual_seed(0)),
    "visual": torch.randint(0, 256, (3, 112, 112, 3), dtype=torch.uint8, generator=torch.manual_seed(0)),
    "text": torch.tensor([[2, 5, 3, 0], [2, 5, 7, 3], [2, 3, 0, 0]]),
}
SMALL = {
    "text": {"layers": 1, "hidden": 64, "pieces": 9, "vocabulary": 0}
}  # of 22 million weights it is slow


@pytest.mark.parametrize("name", list_encoders())
def test_every_encoder_keeps_the_protocol(name: str) -> None:
    torch.manual_seed(0)
    encoder = create_encoder(name, **SMALL.get(name, {})).eval()
    assert isinstance(encoder, (AudioEncoder, VisualEncoder, TextEncoder))
    raw = RAW[encoder.stream]
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
    if isinstance(encoder, VisualEncoder):
        gray = raw.float().mean(-1)
        halved = torch.nn.functional.avg_pool2d(gray, 2)
        assert encoder(gray).shape == encoder(halved).shape == features.shape


@pytest.mark.parametrize("name", list_encoders())
def test_a_feature_depends_on_no_more_than_the_context(name: str) -> None:
    encoder = create_encoder(name, **SMALL.get(name, {})).eval()
    if not isinstance(encoder, AudioEncoder):
        pytest.skip("each face, and each sentence, is read on its own")
    ticks, stride = 2 * encoder.context + 3, encoder.stride
    raw = torch.randn(1, ticks * stride, 64, generator=torch.manual_seed(0))
    other = raw.clone()
    other[:, :stride], other[:, -stride:] = 0, 0
    middle = ticks // 2
    assert torch.equal(encoder(raw)[:, middle], encoder(other)[:, middle])


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
