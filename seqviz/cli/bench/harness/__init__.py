"""What the measurements share: processes, models of one size, the live window, the report."""
