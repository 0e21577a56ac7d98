"""Every contract test runs on every engine."""

from __future__ import annotations

import pytest

from neurona.engines import ENGINES


@pytest.fixture(params=sorted(ENGINES), scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)
