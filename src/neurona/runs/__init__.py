"""Runs that can be broken off at any moment and end in the same bits.

position.py      where training stands: an epoch, a step, the measures so far
checkpoint.py    everything that training goes on from, as one file
checkpoints.py   a folder of them: the newest ones kept, damaged ones passed over
values.py        nested values with arrays in them, as JSON and tensors
identity.py      what a run depends on, and what differs between two
background.py    writing beside the training
lock.py          one process at a time in a folder
signals.py       Ctrl-C and SIGTERM held back until a checkpoint is written
"""
