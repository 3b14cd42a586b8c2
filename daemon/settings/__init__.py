"""All configuration, declared and checked in one place, frozen.

`declared` holds every name, `readers` how the text of one becomes a value, `env_file` how the `.env` is read, `loading`
where all of that is found and how its problems are told. Nobody asks the environment for anything anywhere else.
"""

from daemon.settings.declared import Declared, Settings, declarations
from daemon.settings.loading import ENV_FILE_NAME, Home, Loaded, home, load

__all__ = ["ENV_FILE_NAME", "Declared", "Home", "Loaded", "Settings", "declarations", "home", "load"]
