"""The doors: each lets one outside world in and out."""
