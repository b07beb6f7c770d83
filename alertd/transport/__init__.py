"""The edges: broker, providers, mail, systemd. They act and decide nothing."""
