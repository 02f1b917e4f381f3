"""How many threads the numerical libraries take."""

from __future__ import annotations


def use_threads(number: int) -> None:
    """Has torch work in so many threads, in every thread that works with a model from now on.

    On a machine shared with other programs more threads are slower, not faster: each product waits for the thread that
    was not given a core.

    Args:
        number: Threads; 0 leaves the choice to torch.
    """
    if number:
        import torch

        torch.set_num_threads(number)
