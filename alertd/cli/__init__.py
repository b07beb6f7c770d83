"""The commands: a thin skin over the verbs, in the words of the people who type them."""
