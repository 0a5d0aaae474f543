"""BBFN: its sizes, and the figures of the published program under the same weights and inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from avaffect.fusion import BiBimodal
from avaffect.fusion.published import create_published
from avaffect.fusion.published.bbfn import BBFN

from .filling import Filler, given

DIMS = {"text": 6, "audio": 5, "visual": 3}


def sentences() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two sentences of 4 and 2 words, zero behind their ends; the rule counts time before the batch."""
    there = torch.arange(4) < torch.tensor([4, 2])[:, None]
    streams = {name: given((4, 2, dim), m).transpose(0, 1) for m, (name, dim) in enumerate(DIMS.items())}
    return {name: x * there[..., None] for name, x in streams.items()}, dict.fromkeys(DIMS, there)


def filled() -> tuple[BBFN, Filler]:
    fusion = BiBimodal(dims=DIMS, size=4, heads=2, layers=2, discriminator=True, absent="zero")
    model, fill = BBFN(fusion).double().eval(), Filler(0.5)
    fill.fill(*(fusion.project[name].weight for name in DIMS))
    for other in ("visual", "audio"):
        layers = fusion.pairs[other].layers
        for place in range(2):
            for layer in layers:
                stream = layer.streams[place]
                fill.linear(stream.attention.project, stream.attention.out)
                fill.linear(stream.memory_gate, stream.attention_gate)
                fill.linear(stream.feed_forward[0], stream.feed_forward[3])
                fill.norm(stream.attention_norm)
                fill.norm(stream.forward_norm)
        fill.linear(*layers[0].summary, layers[0].discriminator[0], layers[0].discriminator[2])
        for gru in layers[1].summary:
            fill.recurrent(gru.ahead)
            fill.recurrent(gru.back)
        fill.linear(layers[1].discriminator[0], layers[1].discriminator[2])
        fill.values(4), fill.values(4)  # of the norm that is not used
    fill.linear(model.residual[0], model.residual[2], model.out)
    return model, fill


def near(got: Tensor, wanted: list[float]) -> None:
    np.testing.assert_allclose(got.flatten()[: len(wanted)].numpy(), wanted, rtol=0, atol=6e-7)


def test_output_and_discriminators() -> None:
    model, fill = filled()
    assert fill.tensors == 197
    with torch.no_grad():
        output, losses = model(*sentences())
        _, logits = model.fusion.complement(*sentences())
    near(output, [1.509255, -0.957715])
    assert losses == {}  # of training alone
    told = torch.cat([each.T.flatten().sigmoid() for name in ("audio", "visual") for each in logits[name]])
    near(told, [0.396425, 0.394402, 0.623634, 0.656973])
    assert told[-1].item() == pytest.approx(0.266720, abs=6e-7)
    assert told.sum().item() == pytest.approx(6.272678, abs=6e-7)


def test_discriminator_loss_is_the_mean_cross_entropy() -> None:
    model, _ = filled()
    model.fusion.train()
    for part in model.modules():
        if hasattr(part, "p"):
            part.p = 0.0
        if isinstance(getattr(part, "dropout", None), float):
            part.dropout = 0.0
    _, losses = model(*sentences())
    _, logits = model.fusion.complement(*sentences())
    wanted = [
        -np.log(1 - p if place == 0 else p)
        for each in logits.values()
        for layer in each
        for row in layer.sigmoid().detach().numpy()
        for place, p in enumerate(row)
    ]
    assert losses["discriminator"].item() == pytest.approx(np.mean(wanted), abs=1e-6)


def test_parts_on_the_way() -> None:
    model, _ = filled()
    streams, masks = sentences()
    fusion = model.fusion
    ends: list[list[Tensor]] = []
    pair = fusion.pairs["audio"]
    for layer in pair.layers:
        layer.register_forward_hook(lambda _, given, out: ends.append(out))
    with torch.no_grad():
        fusion(streams, masks)
        text = fusion.project["text"](streams["text"].transpose(1, 2)).transpose(1, 2)
        means = [(text * masks["text"][..., None]).sum(1) / masks["text"].sum(1)[:, None]]
        projected = [
            fusion.project[m](streams[m].transpose(1, 2)).transpose(1, 2) * masks[m][..., None]
            for m in ("text", "audio")
        ]
        vectors = pair.layers[0].vectors(projected, [masks["text"], masks["audio"]])
    near(text.transpose(0, 1), [0.873725, 0.635686])
    assert text.sum().item() == pytest.approx(-2.202157, abs=6e-7)
    near(means[0], [-0.085000, -0.088627])
    near(vectors[0], [0.341728, -0.180213])
    near(vectors[1], [-0.089133, 0.510266])
    sums = [each.sum().item() for each in vectors]
    np.testing.assert_allclose(sums, [-0.256347, 0.756902], rtol=0, atol=6e-7)
    near(ends[0][0], [0.370144, -0.169049])
    near(ends[0][1], [1.078284, -0.089550])
    near(ends[1][0], [-0.166139, 0.554584])
    near(ends[1][1], [0.269436, -0.495171])


def test_number_of_parameters() -> None:
    def count(part: torch.nn.Module) -> int:
        return sum(weight.numel() for weight in part.parameters())

    with torch.device("meta"):
        model = create_published("bbfn.mosei")
        bert = BBFN(
            BiBimodal(dims={"text": 768, "audio": 74, "visual": 35}, discriminator=True, absent="zero")
        )
        mosi = BBFN(
            BiBimodal(dims={"text": 300, "audio": 74, "visual": 47}, discriminator=True, absent="zero")
        )
    unused = 2 * 80
    assert [count(each) + unused for each in (model, mosi, bert)] == [1_013_571, 1_015_011, 1_069_731]
    pair = model.fusion.pairs["audio"]
    assert count(pair) + 80 == 456_405
    assert [count(layer.streams) for layer in pair.layers] == [2 * 26_200] * 5
    assert count(pair.layers[0].discriminator) == 6_721


def test_start_values() -> None:
    fusion = BiBimodal(dims=DIMS, size=4, heads=2, layers=2)
    hidden = fusion.pairs["audio"].layers[1].summary[0].ahead.weight_hh_l0
    for gate in hidden.chunk(3):
        torch.testing.assert_close(gate @ gate.T, torch.eye(4))
    assert fusion.pairs["audio"].layers[0].streams[0].attention.project.bias.abs().max() == 0
