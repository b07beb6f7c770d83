"""What a page shows and what a press on it does; how it looks is another room's matter."""
