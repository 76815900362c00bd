"""The catalogue: name to model, and nothing else."""

from __future__ import annotations

from seawall.margining.model import MarginModel
from seawall.margining.models import deribit_pm, deribit_sm

MODELS: dict[str, MarginModel] = {
    "deribit_s_pm": deribit_pm.SEGREGATED,
    "deribit_x_pm": deribit_pm.CROSS,
    "deribit_s_sm": deribit_sm.SEGREGATED,
    "deribit_x_sm": deribit_sm.CROSS,
}
