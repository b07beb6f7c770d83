"""Pages for a phone at three in the morning: server-rendered, one column, readable in the dark, every act without script."""
