"""`python -m mkbackend`: the same as the command `mkbackend`."""

from mkbackend.cli import main

if __name__ == "__main__":
    main()
