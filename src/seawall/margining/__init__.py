"""Rules of margin: the model protocol, blocks with one idea each, one file a model, and evaluation."""

from seawall.margining.account import AccountMargin, Explanation
from seawall.margining.evaluate import evaluate
from seawall.margining.result import Margins

__all__ = ["AccountMargin", "Explanation", "Margins", "evaluate"]
