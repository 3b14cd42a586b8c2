"""Sound files through FFmpeg's libraries, which come inside PyAV's wheel: no program has to be installed.

decoded = decode(path)                                  # float, planar, at most two channels
pcm = quantise(decoded.samples, decoded.sample_rate_hz, bits=16, seed=0)
for format in Format:
    render(pcm, format, work / f"track.{format}")       # the same integers in every format
"""

from integrations.ffmpeg.decoding import Decoded, OpenSound, SoundFacts, decode, open_sound
from integrations.ffmpeg.quantising import Pcm, quantise
from integrations.ffmpeg.rendering import open_writer, render

__all__ = ["Decoded", "OpenSound", "Pcm", "SoundFacts", "decode", "open_sound", "open_writer", "quantise", "render"]
