"""The steps of `daemon.pipeline.ingest`, each with its real part. A step may run twice; its effect may not.

desk     what every step has at hand: the parts, the work folder, the patience of the services
knowing  who is it
getting  where the audio is, and fetching it
hearing  what it sounds like, whether it is whole and right, and whether the crate has it
filing   the files
ending   what it came to
"""

from daemon.pipeline.steps.desk import Order, Parts
from daemon.pipeline.steps.ending import Ending
from daemon.pipeline.steps.filing import Filing
from daemon.pipeline.steps.getting import Getting
from daemon.pipeline.steps.hearing import Hearing
from daemon.pipeline.steps.knowing import Knowing

__all__ = ["Order", "Parts", "Steps"]


class Steps(Knowing, Getting, Hearing, Filing, Ending):
    """One method a step. What they return crosses the ledger's database as JSON."""
