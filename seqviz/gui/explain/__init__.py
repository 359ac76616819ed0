"""Who explains this character? One token of the probe, every model, every way of asking, beside the truth."""
