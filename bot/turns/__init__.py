"""Load, decide, commit: what turns an arrival into a stored turn."""
