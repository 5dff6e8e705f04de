"""The template: its versions, questions and rendering."""
