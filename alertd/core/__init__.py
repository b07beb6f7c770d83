"""The pure middle: fold, judge, clocks, ladders, rotas, privacy. Time and randomness are arguments, I/O does not exist."""
