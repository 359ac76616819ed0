"""The gradient laboratory: rooms of views on the run of the first page, its twin, its breakpoints."""
