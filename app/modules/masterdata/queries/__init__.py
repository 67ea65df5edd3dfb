"""Typed questions that upper modules ask of master data."""
