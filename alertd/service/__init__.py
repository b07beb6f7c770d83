"""The verbs of the daemon: intake, tick, deliver, people's acts; and the ports that they need."""
