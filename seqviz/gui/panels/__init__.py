"""Views of a run, one panel a file. The package is walked; nothing is listed anywhere."""
