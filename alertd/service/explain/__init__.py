"""Why something happened, or did not, from what was stored when it did: nothing is judged again."""
