"""Faults on purpose: the whole program under load while its parts are killed, frozen, cut off, filled up and swapped.

`python -m tests.torture --rounds 100 --seed N` is the long run, `test_short.py` the one of every test run.
"""
