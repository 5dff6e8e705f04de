"""Tests of the template and of generated projects."""
