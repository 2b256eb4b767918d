"""The environment's variables that are no settings: every other QTTD_ one is a setting's twin."""

CONFIG_VARIABLE = "QTTD_CONFIG"
"""Names the settings file; --config sets it for the command and for the roles it starts."""
DEMO_CLOCK_VARIABLE = "QTTD_DEMO_CLOCK"
"""Gives the roles of a demonstration a quickened clock (qttd/clock.py)."""
SUPERVISOR_VARIABLE = "QTTD_SUPERVISOR"
"""Tells a role the process id of its supervisor, with which it ends."""
