"""The one place that knows yt-dlp; the shared edge of `integrations.soundcloud`, `integrations.youtube` and
`integrations.web`.

options      what we tell yt-dlp, as values
translation  what its errors mean to us
downloader   a YoutubeDL that leaves nothing open
session      one YoutubeDL per call, opened, asked and closed
watching     what looks on meanwhile: room on the disk, progress
leftovers    what an interrupted download left, and what of it may be taken up
fetching     one track's audio, complete, in a folder (runs inside a child process)
naming       who made it, what it is called and when it came out, in an upload's own words
checking     what doctor asks
"""
