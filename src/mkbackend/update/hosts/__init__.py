"""The hosts of repositories whose pipelines propose updates."""
