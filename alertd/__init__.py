"""alertd: from a message about a child at risk to a person who has accepted it."""
