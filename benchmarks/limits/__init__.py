"""What the service is measured against: the same three operations on the same table, with less around them.

They run in the generated project's environment, with what uvicorn and SQLAlchemy do by default.
"""
