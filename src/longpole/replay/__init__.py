"""Executions that run again against what models, tools, HTTP, the clock and chance gave the first time.

`recording` keeps those results exactly; `recordings` makes one value of what a store kept; `replayer` gives it back.
"""
