"""Frozen values in the field's own words; the bottom room, importing nothing of alertd above it."""
