"""Figures of speed and size, each against its target and a raw floor."""
