"""Building blocks of margin rules: one idea each, under the field's names, shared by the models."""
