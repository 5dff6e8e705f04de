"""Tests of pictures in a bucket."""
