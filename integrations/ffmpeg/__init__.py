"""Sound files through FFmpeg's libraries, which come inside PyAV's wheel: no program has to be installed.

Of any length, decoded once, in bounded memory:

recipe = Recipe.of(path, bits=16, sample_rate_hz=None)
with open_sound(path) as sound, MasterWriter(work, recipe, …) as writer:
    for block in sound.blocks():                        # float, planar, at most two channels
        writer.write(block)
    master = writer.finish()                            # integers in the work folder
with open_writer(format, target, master.spec) as file:
    for block in find_master(work, recipe).blocks():
        file.write(block)                               # the same integers in every format

A short one, in memory: `decode`, `quantise`, `render`.
"""

from integrations.ffmpeg.decoding import Decoded, OpenSound, Samples, SoundFacts, decode, open_sound
from integrations.ffmpeg.master import Master, MasterWriter, Recipe, find_master
from integrations.ffmpeg.pcm_files import PcmSpec
from integrations.ffmpeg.quantising import Bits, Pcm, quantise
from integrations.ffmpeg.rendering import holds, open_writer, render

__all__ = [
    "Bits",
    "Decoded",
    "Master",
    "MasterWriter",
    "OpenSound",
    "Pcm",
    "PcmSpec",
    "Recipe",
    "Samples",
    "SoundFacts",
    "decode",
    "find_master",
    "holds",
    "open_sound",
    "open_writer",
    "quantise",
    "render",
]
