"""Weights come back as they were written; what does not fit is said in one line."""

import pytest
import torch

from avaffect import checkpoint
from avaffect.errors import ModelError
from avaffect.model import AffectModel


@pytest.fixture(scope="module")
def model(debug_spec):
    torch.manual_seed(0)
    return AffectModel(debug_spec).eval()


def test_round_trip_is_exact(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="A card.")
    again = checkpoint.load(folder)
    assert again.spec == model.spec
    for (name, ours), (_, theirs) in zip(model.state_dict().items(), again.state_dict().items(), strict=True):
        assert torch.equal(ours, theirs), name
    assert (folder / "card.md").read_text() == "A card."
    assert not list(folder.glob("*.part"))


def test_half_precision_is_half_the_size_and_close(model, tmp_path):
    full = checkpoint.save(model, tmp_path / "full", card="")
    half = checkpoint.save(model, tmp_path / "half", card="", half=True)
    sizes = [(folder / checkpoint.WEIGHTS).stat().st_size for folder in (full, half)]
    assert sizes[1] < 0.55 * sizes[0]
    again = checkpoint.load(half)
    assert next(again.parameters()).dtype == torch.float32


def test_weights_hash_changes_with_the_weights(model, tmp_path):
    one = checkpoint.save(model, tmp_path / "one", card="")
    before = checkpoint.weights_hash(one)
    with torch.no_grad():
        model.head.layers[0].bias += 1
    two = checkpoint.save(model, tmp_path / "two", card="")
    assert len(before) == 64
    assert checkpoint.weights_hash(two) != before


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(ModelError, match=r"unknown model 'hgrjca.defualt'; did you mean 'hgrjca.default'"):
        checkpoint.find("hgrjca.defualt")


def test_folder_without_a_model(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        checkpoint.find(tmp_path)


def test_weights_that_do_not_fit(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    text = (folder / "spec.json").read_text().replace('"levels": 2', '"levels": 3')
    (folder / "spec.json").write_text(text)
    with pytest.raises(ModelError, match="does not fit") as error:
        checkpoint.load(folder)
    assert "\n" not in str(error.value)


def test_broken_weights_file(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    (folder / checkpoint.WEIGHTS).write_bytes(b"not weights")
    with pytest.raises(ModelError, match="does not fit"):
        checkpoint.load(folder)


def test_the_embedded_models_fit_in_the_package():
    size = sum(path.stat().st_size for folder in checkpoint.embedded().values() for path in folder.iterdir())
    assert size < 25e6


@pytest.mark.parametrize("name", sorted(checkpoint.embedded()))
def test_an_embedded_model_is_complete(name):
    spec = checkpoint.load(name).spec
    assert spec.name == name
    assert set(spec.streams) == set(max(spec.calibration, key=len).split("+"))
    assert checkpoint.find(name).joinpath("card.md").read_text().startswith(f"# {name}\n")
    free = {corpus.terms for corpus in spec.corpora} <= {"CC0", "Apache-2.0"}
    assert spec.licence.startswith("MIT" if free else "non-commercial")
    assert free == name.endswith(".open")
