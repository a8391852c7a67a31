"""How networks learn: the loop, its rate, and when it ends."""
