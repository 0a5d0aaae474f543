import pytest
import torch

from avaffect.comparison import all_systems, choose
from avaffect.comparison.network import Example, create_network, predict
from avaffect.errors import DataError
from avaffect.fusion import list_fusions


def test_every_fusion_takes_part_with_the_baselines():
    names = [system.name for system in all_systems()]
    assert set(list_fusions()) < set(names)
    assert {"audio only", "visual only", "boosting", "ridge"} < set(names)
    assert [system.name for system in all_systems() if system.curves] == [
        *("concat", "dca", "grjca", "hgrjca", "iaca", "jca", "rjca", "transformer")
    ]


def test_an_unknown_system_is_named_with_its_nearest():
    with pytest.raises(DataError, match="did you mean 'hgrjca'"):
        choose(["hgrjac"])


@pytest.mark.parametrize("system", [each for each in all_systems() if each.fusion], ids=lambda s: s.name)
def test_a_whole_segment_is_judged_by_overlapping_windows(system, quick):
    torch.manual_seed(0)
    network = create_network(system.fusion, dict.fromkeys(system.streams, 6), quick).eval()
    streams = {name: torch.randn(60, 6) for name in system.streams}
    masks = {name: torch.ones(60, dtype=torch.bool) for name in system.streams}
    values, gates = predict(network, Example(streams, masks, torch.zeros(60, 2)), quick)
    assert values.shape == (60, 2)
    assert all(gate.shape == (60,) for gate in gates.values())
    # windows of 24 start at 0, 12, 24, 36: tick 30 is the mean of those at 12 and 24
    with torch.no_grad():
        parts = [
            network(
                {name: x[None, at : at + 24] for name, x in streams.items()},
                {name: m[None, at : at + 24] for name, m in masks.items()},
            ).values[0, 30 - at]
            for at in (12, 24)
        ]
    torch.testing.assert_close(torch.tensor(values[30]).float(), (parts[0] + parts[1]) / 2)
