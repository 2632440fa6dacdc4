"""How long a call takes."""

import time


def best_of(call, seconds):
    """Seconds of the fastest of as many calls as fit into `seconds`, after one that warms up."""
    call()
    best = float("inf")
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best
