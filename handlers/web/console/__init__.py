"""The staff console, /desk: what counsellors see and do in a browser."""
