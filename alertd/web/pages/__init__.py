"""Pages for a phone at three in the morning: one column, readable in the dark, every act without script."""
