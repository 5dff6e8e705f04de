"""Tests of the template, and of the projects that it makes."""
