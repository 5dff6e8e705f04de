"""The machine: programs, git, uv, signals, and text for the terminal."""
