"""Derive's portfolio managers: PMRM, the first, and PMRM_2. What both share and each one's rule, one file each."""

from seawall.margining.models.derive_pmrm.model import PMRM, PMRM2

__all__ = ["PMRM", "PMRM2"]
