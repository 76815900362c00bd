"""The report: margin, what is behind it and what could happen to it, on one page that opens anywhere.

Sections are plain data (`blocks`), made by one module each from results of the rooms below; `page` puts them in order
and `render` writes them through one template. Nothing here reads a clock: the same input gives the same bytes.
"""

from __future__ import annotations

from seawall.reporting.page import report_page

__all__ = ["report_page"]
