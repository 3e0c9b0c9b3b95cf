"""Mutation testing: finds changes to the integration that no test detects.

Cosmic Ray creates the mutants; each runs against the tests that cover the changed lines. Cosmic Ray mutates decorated
functions (mutmut skips them, and most of Home Assistant's callbacks and properties are decorated) and can be used as a
library. Its own runner starts pytest for each mutant, which takes seconds of importing Home Assistant; here each mutant
runs in a fork of a process that has imported it already. pytest-xdist is not used: the mutants themselves run in
parallel.
"""
