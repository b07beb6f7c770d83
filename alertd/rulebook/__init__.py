"""The rule language: source positions, blocks, checks, a typed rule book, and the two judges of its conditions."""
