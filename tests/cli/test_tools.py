"""The verbs around prediction: cards, training, imported checkpoints; failing paths above all."""

from pathlib import Path

import pytest
import torch


def test_describe_prints_the_card(avaffect):
    out = avaffect("describe", "hgrjca.default").stdout
    assert "ravdess" in out.lower()
    assert "not what the person feels" in " ".join(out.split())


def test_describe_of_an_unknown_model(avaffect, fails):
    fails(avaffect("describe", "hgrjca.defalt"), "did you mean 'hgrjca.default'?")


def test_train_names_a_missing_recipe(avaffect, fails, tmp_path):
    fails(avaffect("train", tmp_path / "none.yaml"), "none.yaml")


def test_train_names_an_unknown_key(avaffect, fails):
    recipe = Path(__file__).parents[2] / "recipes" / "hgrjca.default.yaml"
    fails(avaffect("train", recipe, "face.fit.epohcs=3"), "epohcs", "epochs")


def test_import_refuses_a_state_dict_that_does_not_fit(avaffect, fails, tmp_path):
    torch.save({"Linear.weight": torch.zeros(2, 2)}, tmp_path / "official.pt")
    run = avaffect("import-checkpoint", tmp_path / "official.pt", "--as", "jca.abaw3", cwd=tmp_path)
    fails(run, "Linear.weight")
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize("name", ["jca.abaw", "nothing"])
def test_import_under_an_unknown_name(avaffect, fails, tmp_path, name):
    torch.save({}, tmp_path / "official.pt")
    fails(avaffect("import-checkpoint", tmp_path / "official.pt", "--as", name), name)


def test_import_writes_safetensors(avaffect, tmp_path):
    from safetensors.torch import load_file

    from avaffect.fusion.published import PUBLISHED_KEYS, create_published

    own = create_published("jca.abaw3").state_dict()
    state = {theirs: torch.randn_like(own[ours]) for ours, theirs in PUBLISHED_KEYS["jca.abaw3"].items()}
    torch.save(state, tmp_path / "official.pt")
    run = avaffect("import-checkpoint", tmp_path / "official.pt", "--as", "jca.abaw3", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "231,041 parameters" in run.stdout
    written = load_file(tmp_path / "jca.abaw3.safetensors")
    for ours, theirs in PUBLISHED_KEYS["jca.abaw3"].items():
        assert torch.equal(written[ours], state[theirs])
