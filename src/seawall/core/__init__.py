"""The shared words: arrays, time, evidence, rounding, digests and errors. It knows nothing else."""
