"""The one listener: health, figures, and what providers report."""
