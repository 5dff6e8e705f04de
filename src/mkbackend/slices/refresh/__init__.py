"""Slices that follow a new release: what today's templates write, merged with the owner's edits."""
