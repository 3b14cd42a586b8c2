"""Music of known tempo and key, made from a seed: composed here, played by FluidSynth."""
