"""The limits of the comparison: the same three operations on the same table, with less around them.

They run in the generated project's environment, with the defaults of uvicorn and SQLAlchemy.
"""
