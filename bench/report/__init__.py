"""What the measured rows say: goals, tables, plots."""
