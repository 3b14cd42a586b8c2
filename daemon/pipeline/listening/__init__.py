"""Listening: what decoded sound tells about itself. `ears.listen` asks everything at once."""
