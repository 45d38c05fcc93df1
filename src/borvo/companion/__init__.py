"""The process beside a worker, which does what would keep the worker from answering."""
