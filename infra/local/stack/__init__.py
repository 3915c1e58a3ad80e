"""Starts, watches and ends the components of the local stack, for `make run` and for tests."""
