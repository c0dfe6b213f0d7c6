"""A metric that was wrong at first: what a restatement is shown with, at every level."""

from dataclasses import replace

from kpi.metrics import first_response_mean
from kpi.metrics.registry import Registry

_WRONG = first_response_mean.ANY
_RIGHT = first_response_mean.HUMAN

COUNTED_MACHINES = replace(_WRONG, definition=replace(_WRONG.definition, id="first_reply", version=1))
"""The first response time as it should not be: a machine's reply ends the wait."""
PEOPLE_ONLY = replace(_RIGHT, definition=replace(_RIGHT.definition, id="first_reply", version=2))
"""As it should be."""
CORRECTED = Registry((PEOPLE_ONLY, COUNTED_MACHINES))
