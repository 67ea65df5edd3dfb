"""Screens of inventory."""
