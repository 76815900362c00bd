"""The catalogue: name to model, and nothing else."""

from __future__ import annotations

from seawall.margining.model import MarginModel
from seawall.margining.models import (
    binance_options,
    binance_pm,
    bybit_pm,
    bybit_sm,
    deribit_pm,
    deribit_sm,
    derive_pmrm,
    derive_sm,
    okx_pm,
)

MODELS: dict[str, MarginModel] = {
    "deribit_s_pm": deribit_pm.SEGREGATED,
    "deribit_x_pm": deribit_pm.CROSS,
    "deribit_s_sm": deribit_sm.SEGREGATED,
    "deribit_x_sm": deribit_sm.CROSS,
    "okx_pm": okx_pm.PORTFOLIO,
    "bybit_pm": bybit_pm.PORTFOLIO,
    "bybit_sm": bybit_sm.STANDARD,
    "derive_pmrm": derive_pmrm.PMRM,
    "derive_pmrm2": derive_pmrm.PMRM2,
    "derive_sm": derive_sm.STANDARD,
    "binance_pm": binance_pm.PORTFOLIO,
    "binance_options": binance_options.OPTIONS,
}
