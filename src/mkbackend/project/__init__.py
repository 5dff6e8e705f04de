"""A project on disk: its answers, repository and migrations."""
