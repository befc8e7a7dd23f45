"""Studies: many networks trained alike, through Optuna's storage."""
