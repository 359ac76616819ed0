"""The race page of the window: several models on one clock, one probe, one cursor."""
