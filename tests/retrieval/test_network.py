"""DDAG against the figures of the published modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from avaffect.retrieval.attention import GraphAttention, PartAttention
from avaffect.retrieval.loss import DynamicLoss, hard_triplet
from avaffect.retrieval.network import DDAG

from .filling import fill, given, norm, of

IDENTITIES = torch.tensor([0, 1, 2, 0, 1, 2])


def parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def part_attention() -> PartAttention:
    module = PartAttention(4).double().eval()
    fill([module.weights, *of(module.query), *of(module.key), *of(module.value), *norm(module.norm)], 0.5)
    return module


@pytest.mark.parametrize(
    ("training", "first", "last", "total"),
    [
        (False, [-0.102322, -0.541717, -1.510976, 0.654878, 0.426258, -0.344930], -0.465147, -3.039318),
        (True, [-1.729782, -0.719683, -1.729684, 0.599995], -0.719995, -1.360000),
    ],
)
@torch.no_grad()
def test_part_attention(training: bool, first: list[float], last: float, total: float) -> None:
    out = part_attention().train(training)(given((2, 4, 6, 2), 0), given((2, 4), 1)).flatten()
    assert out[: len(first)].tolist() == pytest.approx(first, abs=6e-7)
    assert out[-1].item() == pytest.approx(last, abs=6e-7)
    assert out.sum().item() == pytest.approx(total, abs=6e-7)


@torch.no_grad()
def test_graph_attention() -> None:
    graph = GraphAttention(4, 3, hidden=3, heads=2).double().eval()
    fill([each for head in (*graph.heads, graph.out) for each in (head.weight, head.score)], 0.5)
    features = given((6, 4), 2)
    attended = graph.attended(features, IDENTITIES[:, None] == IDENTITIES[None])
    assert attended[0, :4].tolist() == pytest.approx([0.300423, -0.030194, -0.214632, -0.254802], abs=6e-7)
    assert attended.sum().item() == pytest.approx(-1.195382, abs=6e-7)
    log_p = graph(features, IDENTITIES)
    assert log_p[0].tolist() == pytest.approx([-1.302906, -1.106082, -0.922796], abs=6e-7)
    assert nn.functional.nll_loss(log_p, IDENTITIES).item() == pytest.approx(1.229239, abs=6e-7)


def test_triplet_loss() -> None:
    features = given((6, 4), 2)
    assert hard_triplet(features, IDENTITIES).item() == pytest.approx(1.358772, abs=6e-7)
    alike = torch.zeros(4, 3, requires_grad=True)  # a distance of zero has a finite gradient
    hard_triplet(alike, torch.tensor([0, 0, 1, 1])).backward()
    assert alike.grad.isfinite().all()


def test_number_of_parameters() -> None:
    with torch.device("meta"):
        sysu, regdb = DDAG(395), DDAG(206)
    assert parameters(sysu) == 41_931_929
    assert parameters(sysu) - parameters(sysu.graph) - parameters(sysu.classifier) == 36_114_819
    assert parameters(regdb) == 41_157_407
    assert parameters(sysu.stages) == 23_498_496
    assert [parameters(stem) for stem in sysu.stems.values()] == [9_536, 9_536]
    assert parameters(sysu.parts) == 12_593_155
    assert [parameters(head) for head in sysu.graph.heads] == [1_049_600] * 4
    assert parameters(sysu.graph.out) == 809_750
    assert parameters(regdb.graph.out) == 422_300


def test_map_of_the_published_picture() -> None:
    with torch.device("meta"):
        network = DDAG(3)
        stem = network.stems["visible"](torch.zeros(1, 3, 288, 144))
        assert network.stages(stem).shape == (1, 2048, 18, 9)


def small() -> DDAG:
    torch.manual_seed(0)
    return DDAG(3, width=4, depths=(1, 1, 1, 1), hidden=8)


def test_each_modality_has_its_stem_and_its_place_in_the_output() -> None:
    network = small().eval()
    visible, infrared = torch.randn(2, 3, 64, 32), torch.randn(1, 3, 64, 32)
    both = network({"visible": visible, "infrared": infrared}).whole
    assert torch.allclose(both[:2], network({"visible": visible}).whole, atol=1e-6)
    assert torch.allclose(both[2:], network({"infrared": infrared}).whole, atol=1e-6)
    assert not torch.allclose(both[2:], network({"visible": infrared}).whole, atol=1e-3)


def test_graph_term_begins_with_the_second_epoch() -> None:
    network, loss = small(), DynamicLoss()
    pictures = {name: torch.randn(3, 3, 64, 32) for name in ("visible", "infrared")}
    network.train()
    described = network(pictures)
    first = loss(network, described, IDENTITIES)
    first.backward()
    assert all(each.grad is None for each in network.graph.parameters())
    assert loss.end_epoch() == pytest.approx(first.item())
    assert loss.graph_weight == pytest.approx(1 / (1 + first.item()))
    second = loss(network, network(pictures), IDENTITIES)
    second.backward()
    assert second.item() > first.item()
    trained = [each for each in network.parameters() if each.requires_grad]
    assert all(each.grad is not None and each.grad.isfinite().all() for each in trained)
    assert {id(each) for each in network.parameters()} - {id(each) for each in trained} == {
        id(network.norm.bias), id(network.parts.norm.bias)
    }  # fmt: skip
