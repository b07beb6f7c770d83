"""The daemon: everything wired together, its loops and their supervision, and rehearsals on a pretend clock."""
