"""Proofs against what strangers, thieves and bad luck can do: each prints its figure."""
