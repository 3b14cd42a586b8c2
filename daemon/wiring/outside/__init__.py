"""The integrations, each opened with plain arguments when it is first used, and closed at the end.

connections  what is opened once, out of the settings
links        where tracks are found: the chain, histories, what a person pastes
sound        who a track is, and where its sound is
standing     where results go, and how everything stands
"""

from daemon.wiring.outside.standing import Standing

__all__ = ["Outside"]


class Outside(Standing):
    """What the settings let us reach. `close` lets go of every connection."""
