"""`python -m daemon` is `cratekeeper`."""

from daemon.cli.main import main

if __name__ == "__main__":
    main()
