"""The sine laboratory: one short sound becomes a sum of sines, and the sum an instrument."""
