"""What is done after a request: who does which job, and the worker that has it done."""
