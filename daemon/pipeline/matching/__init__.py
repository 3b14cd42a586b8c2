"""Which of the things a search found is the recording that was liked. Pure: values in, a verdict with its evidence out.

A gate on length comes first, because it is what search engines know nothing of: hour-long loops, previews and radio
edits all carry the right name. Then every word of a candidate's title is given a meaning; artists, title and version
must agree, and words that nothing explains speak against it. Who uploaded it and how often it was seen only settle what
is left.
"""

from daemon.pipeline.matching.searching import queries
from daemon.pipeline.matching.weighing import ACCEPT, ASK, accepted, doubtful, weigh

__all__ = ["ACCEPT", "ASK", "accepted", "doubtful", "queries", "weigh"]
