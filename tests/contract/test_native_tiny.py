"""Numbers below float32's least normal one, 1.2e-38, in the compiled engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona.engines import ENGINES

pytestmark = pytest.mark.skipif(
    not ENGINES["native"].installed(), reason="the compiled engine is not installed"
)
LEAST = np.finfo(np.float32).smallest_normal


def trained(optimizer: Any, engine: str = "native") -> nn.Sequential:
    """Two inputs, of which the second is 0 but in the first of 1,500 steps."""
    x = np.ones((1500, 2), np.float32)
    x[1:, 1] = 0
    y = np.full((1500, 1), 0.5, np.float32)
    model = nn.Sequential([nn.layers.Input((2,)), nn.layers.Dense(1)], seed=1)
    model.compile(optimizer, "mse", engine=engine)
    model.fit(x, y, batch_size=1, shuffle=False, verbose=0)
    return model


DIVIDE: list[Any] = [
    nn.optimizers.Adam(),
    nn.optimizers.Adam(amsgrad=True),
    nn.optimizers.Nadam(),
    nn.optimizers.Adamax(),
    nn.optimizers.RMSprop(momentum=0.9),
]


@pytest.mark.parametrize("optimizer", DIVIDE, ids=repr)
def test_a_mean_of_gradients_that_stay_away_ends_at_0(optimizer: Any) -> None:
    """Left to itself it would stay at some 1e-45, and every division of it take long."""
    for slots in trained(optimizer).state.slots.values():
        for values in slots.values():
            magnitudes = np.abs(np.asarray(values))
            if magnitudes.ndim == 0:  # Nadam's product, which is Python's
                continue
            assert not np.any((magnitudes > 0) & (magnitudes < LEAST))


def test_the_weights_are_as_on_the_other_engine() -> None:
    model = trained(nn.optimizers.Adam())
    other = trained(nn.optimizers.Adam(), "numpy")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5)


def test_the_callers_thread_knows_them_afterwards() -> None:
    trained(nn.optimizers.Adam())
    tiny = np.full(64, 1e-39, np.float32)
    assert np.all(tiny * np.float32(0.5) > 0)
