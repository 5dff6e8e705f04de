"""Job payloads; app/jobs/ has their handlers."""
