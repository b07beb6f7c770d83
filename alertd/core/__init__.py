"""The pure middle: fold, judge, clocks, ladders, rotas, privacy. Time is an argument, and nothing here does I/O."""
