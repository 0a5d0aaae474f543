"""The mutual objective against figures of the published program, and against a restatement in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.errors import ModelError
from avaffect.imputation.distributions import Gaussian
from avaffect.imputation.mutual import Direction, MutualVAE
from avaffect.imputation.networks import (
    Decoder,
    GaussianEncoder,
    feature_decoder,
    feature_encoder,
    image_decoder,
    image_encoder,
)


def phi(i: np.ndarray) -> np.ndarray:
    return ((7919 * i % 101) - 50) / 50


def psi(i: np.ndarray) -> np.ndarray:
    return ((104729 * i % 103) - 51) / 51


def given(shape: tuple[int, ...], m: int) -> Tensor:
    """Inputs of the check, in double precision."""
    return torch.from_numpy(psi(np.arange(math.prod(shape)) + 7 * m)).reshape(shape)


def fill(parameters: list[nn.Parameter], size: float, scales: frozenset[int] = frozenset()) -> None:
    """Parameters of the check, in their order; ``scales`` are those of a normalisation."""
    for j, parameter in enumerate(parameters):
        values = size * phi(np.arange(parameter.numel()) + 13 * j) + (j in scales)
        parameter.data = torch.from_numpy(values).reshape(parameter.shape)


def small() -> tuple[MutualVAE, list[nn.Parameter], dict[str, Tensor]]:
    """The model of the check, its parameters in the check's order, and its data."""
    dims = {"a": 4, "b": 5}
    encoders = {name: GaussianEncoder(nn.Identity(), dim, 3) for name, dim in dims.items()}
    decoders = {name: Decoder(nn.Linear(3, dim)) for name, dim in dims.items()}
    model = MutualVAE(encoders, decoders, {"a": given((2, 4), 4), "b": given((2, 5), 5)})
    parts = [encoders["a"], encoders["b"], decoders["a"], decoders["b"]]
    parameters = [parameter for part in parts for parameter in part.parameters()]
    fill(parameters, 0.7)
    return model, parameters, {"a": (given((2, 4), 6) + 1) / 2, "b": (given((2, 5), 7) + 1) / 2}


NOISE, FRESH = given((1, 2, 3), 10), given((10, 2, 3), 11)


def direction(source: str) -> tuple[Direction, list[nn.Parameter]]:
    model, parameters, data = small()
    codes = {name: model.encode(name, x) for name, x in data.items()}
    return model.direction(source, data, codes, NOISE, FRESH), parameters


def near(found: Tensor, expected: list[float]) -> None:
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-6)


def test_both_directions_are_those_of_the_published_program() -> None:
    assert direction("a")[0].loss(10).item() == pytest.approx(48.627422, abs=1e-6)
    assert direction("b")[0].loss(10).item() == pytest.approx(41.135138, abs=1e-6)


def test_the_parts_of_a_direction_are_those_of_the_published_program() -> None:
    found, _ = direction("a")
    near(found.target, [-5.282139, -4.816711])
    near(found.divergence, [0.593320, 0.664214])
    near(found.source, [-3.947401, -3.847703])
    near(found.evidence, [-4.970991, -4.840008])
    near(found.weight, [0.732605, 1.023570])


def test_gradients_are_those_of_the_published_program() -> None:
    found, parameters = direction("a")
    found.loss(10).backward()
    sums = [float(p.grad.sum()) for p in parameters if p.grad is not None]
    np.testing.assert_allclose(
        sums,
        [-2.014417, -0.918202, -0.230473, -0.100458, 2.279407, 0.969631]
        + [-0.167949, -0.075792, 0.705201, -0.409789, 3.479733, -2.606467],
        atol=1e-6,
    )


@pytest.mark.parametrize(("name", "expected"), [("a", 4.597328), ("b", 6.007538)])
def test_one_modality_alone_is_that_of_the_published_program(name: str, expected: float) -> None:
    model, _, data = small()
    loss = model.single(name, data[name], model.encode(name, data[name]), given((2, 3), 10)[None])
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_loss_is_the_sum_of_both_directions_and_of_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _, data = small()
    noise = {1: NOISE, 10: FRESH}
    monkeypatch.setattr(MutualVAE, "_noise", staticmethod(lambda _, samples: noise[samples]))
    assert model.loss(data).item() == pytest.approx(89.762560, abs=1e-6)
    assert model.loss({"b": data["b"]}).item() == pytest.approx(6.007538, abs=1e-6)


def test_objective_equals_a_restatement_in_numpy() -> None:
    """Densities written out element by element, samples in loops."""
    rng = np.random.default_rng(0)
    x, y = rng.random((3, 4)), rng.random((3, 5))
    torch.manual_seed(0)
    encoders = {"a": feature_encoder(4, 2, hidden=(6, 6)), "b": feature_encoder(5, 2, hidden=(6, 6))}
    decoders = {"a": feature_decoder(2, 4, hidden=(6,)), "b": feature_decoder(2, 5, hidden=(6,))}
    data = {"a": torch.from_numpy(x), "b": torch.from_numpy(y)}
    model = MutualVAE(encoders, decoders, data).double()
    noise, fresh = rng.normal(size=(1, 3, 2)), rng.normal(size=(4, 3, 2))
    codes = {name: model.encode(name, value) for name, value in data.items()}
    found = model.direction("a", data, codes, torch.from_numpy(noise), torch.from_numpy(fresh))
    (la, sa), (lb, sb) = ([part.detach().numpy() for part in codes[name]] for name in ("a", "b"))

    def decode(name: str, z: np.ndarray) -> np.ndarray:
        return decoders[name](torch.from_numpy(z)).detach().numpy()

    total = 0.0
    for i in range(3):
        samples = [la[i] + sa[i] * e[i] for e in (*fresh, *noise)]
        targets = [sum(-abs(y[i] - decode("b", z[None])[0])) - 5 * math.log(2) for z in samples]
        evidence = math.log(sum(map(math.exp, targets)) / 5)
        source = sum(-abs(x[i] - decode("a", samples[-1][None])[0])) - 4 * math.log(2)
        divergence = sum(
            math.log(sb[i, j] / sa[i, j])
            + (sa[i, j] ** 2 + (la[i, j] - lb[i, j]) ** 2) / (2 * sb[i, j] ** 2)
            - 0.5
            for j in range(2)
        )
        weight = math.exp(targets[-1] - evidence)
        total -= (weight * (source - targets[-1] - divergence) + 10 * evidence) / 3
    assert found.loss(10).item() == pytest.approx(total, rel=1e-9)


def test_mixture_equals_a_restatement_in_numpy() -> None:
    rng = np.random.default_rng(1)
    location, scale, x = rng.normal(size=(4, 2)), rng.random((4, 2)) + 0.1, rng.normal(size=(3, 2))
    expected = [
        math.log(
            np.mean(
                [
                    math.prod(
                        math.exp(-0.5 * ((v - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))
                        for v, m, s in zip(row, location[k], scale[k], strict=True)
                    )
                    for k in range(4)
                ]
            )
        )
        for row in x
    ]
    found = Gaussian(torch.from_numpy(location), torch.from_numpy(scale)).mixture_log_prob(
        torch.from_numpy(x)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_feature_networks_are_the_published_ones() -> None:
    encoder, decoder = feature_encoder(4, 2, hidden=(3, 3)), feature_decoder(2, 4, hidden=(3, 3))
    fill(list(encoder.parameters()), 0.5)
    fill(list(decoder.parameters()), 0.5)
    code = encoder(given((2, 4), 0))
    near(code.location.flatten(), [-0.046724, 0.005150, -0.077241, 0.023398])
    near(code.scale.flatten(), [0.849986, 0.802251, 0.857212, 0.797992])
    near(decoder(given((2, 2), 1)).flatten()[:3], [0.438166, 0.543520, 0.427437])


def test_image_networks_are_the_published_ones() -> None:
    encoder = image_encoder(2, widths=(2, 4, 8, 5)).double()
    fill(list(encoder.parameters()), 0.5, frozenset({2, 6, 10, 14}))
    images = given((2, 3, 32, 32), 2)
    near(encoder.eval()(images).location.flatten(), [-3.243264, -3.817542, 1.771260, 1.011405])
    near(encoder.train()(images).location.flatten(), [-0.843395, -1.413095, 0.839595, 0.232095])
    decoder = image_decoder(2, widths=(8, 4, 2))
    fill(list(decoder.parameters()), 0.5)
    found = decoder(given((2, 2), 3))
    near(found.flatten()[:3], [0.582228, 0.618505, 0.653507])
    assert found.sum().item() == pytest.approx(3359.505492, abs=1e-6)


def test_sizes_are_the_published_ones() -> None:
    """The published image encoder has 65,664 more, in two layers that are never used."""
    digits = {"mnist": torch.zeros(128, 784), "svhn": torch.zeros(128, 3, 32, 32)}
    model = MutualVAE(
        {"mnist": feature_encoder(784, 64), "svhn": image_encoder(64)},
        {"mnist": feature_decoder(64, 784), "svhn": image_decoder(64)},
        digits,
    )

    def size(module: nn.Module) -> int:
        return sum(p.numel() for p in module.parameters())

    assert size(model.encoders["svhn"]) == 1_347_488 - 65_664
    assert size(model.encoders["mnist"]) == 730_240
    assert size(model.decoders["svhn"]) == 296_675
    assert size(model.decoders["mnist"]) == 698_128
    assert [p.numel() for p in model.pseudo_inputs.values()] == [100_352, 393_216]
    assert size(model) == 3_566_099 - 65_664


def test_an_imputed_image_does_not_depend_on_its_batch() -> None:
    torch.manual_seed(0)
    images = torch.rand(4, 3, 32, 32)
    model = MutualVAE(
        {"a": image_encoder(2, widths=(2, 2, 2, 4)), "b": feature_encoder(5, 2, hidden=(4, 4))},
        {"a": image_decoder(2, widths=(2, 2, 2)), "b": feature_decoder(2, 5, hidden=(4, 4))},
        {"a": images, "b": torch.rand(4, 5)},
    ).eval()
    together, alone = model.impute("a", images), model.impute("a", images[:1])
    assert together.shape == (4, 5)
    torch.testing.assert_close(together[:1], alone)


def test_other_modalities_are_refused() -> None:
    with pytest.raises(ModelError, match="expected the same two modalities"):
        MutualVAE({"a": nn.Identity()}, {"a": nn.Identity()}, {"a": torch.zeros(1, 1)})
