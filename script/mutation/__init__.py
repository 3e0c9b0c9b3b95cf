"""Mutation testing: which careless changes to the integration no test notices.

Cosmic Ray makes the mutants; each runs against the tests that cover the changed lines. Cosmic Ray mutates decorated
functions (mutmut skips them, and most of Home Assistant's callbacks and properties are decorated) and can be used as a
library. Its own way to run the tests starts pytest anew for each mutant, which takes seconds of importing Home
Assistant; here each mutant runs in a fork of a process that has imported it already. pytest-xdist has no part in that:
the mutants themselves run side by side.
"""
