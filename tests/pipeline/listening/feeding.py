"""How a meter is given a whole sound."""

from daemon.pipeline.listening.pieces import Pieces, pieces


def fed(meter, planar, rate):
    """The meter, when it has taken all of the sound."""
    for piece in pieces(planar, rate):
        meter.take(piece)
    return meter


def piece_samples(rate):
    """Where a sound of that rate is cut: at multiples of this."""
    return Pieces(1, rate).size
