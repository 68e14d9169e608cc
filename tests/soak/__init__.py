"""Seeded faults: runs of a night and a week that are killed, refused, raced and cut off, and what must hold after it.

A scenario is a list of actions, made from a seed (:mod:`tests.soak.scenario`). It is carried out by runs that take
turns on one store (:mod:`tests.soak.simulation`), through a store and a warehouse that fail at given calls
(:mod:`tests.soak.faults`). Each write is judged when it happens, and the tree when nothing runs any more
(:mod:`tests.soak.invariants`). A scenario that breaks a rule is cut down to the shortest one that still does
(:mod:`tests.soak.shrinking`).

The runs of some scenarios are Beam graphs, whose workers die and whose bundles are tried again
(:mod:`tests.soak.on_graph`). ``make soak`` carries out 500 scenarios, and every tenth of them with graphs as well;
``make test`` carries out thirty, and three with graphs.
"""
