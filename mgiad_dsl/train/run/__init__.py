"""The folder of a run, and who follows it: checkpoints, metrics, report, listeners."""
