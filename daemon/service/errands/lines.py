"""The words of our verbs, one line each: whoever asks for help hears them before anything is built or imported."""

from __future__ import annotations

from daemon.jobs.verbs import Named

SYNC = Named(
    name="sync",
    takes="<link>, or: likes",
    help="Takes up the tracks behind a link, or what was newly liked, and waits until each of them has ended.",
    is_long=True,
)
REDO = Named(name="redo", takes="<track>", help="Makes a track once more, and waits for its end.", takes_track=True)
CHOOSE = Named(
    name="choose",
    takes="<track> <number or link>",
    help="Says which of the candidates a track is made from, and waits for its end.",
    takes_track=True,
)
VERIFY = Named(
    name="verify",
    takes="<track>",
    help="Checks that a track's row, files, tags, tempo and key agree; changes nothing.",
    takes_track=True,
    is_long=True,
)
ENRICH = Named(
    name="enrich",
    takes="<tracks without tempo, key, addresses>",
    help="Fills in what is missing of tracks that are in the crate already.",
    takes_track=True,
    is_long=True,
)
REPORT = Named(name="report", takes="", help="Says how everything stands, and what needs you.")
PAUSE = Named(name="pause", takes="", help="Has the daemon take up nothing new until `resume`; the rest goes on.")
RESUME = Named(name="resume", takes="", help="Takes tracks up again.")

LINES: tuple[Named, ...] = (SYNC, REDO, VERIFY, CHOOSE, ENRICH, REPORT, PAUSE, RESUME)
