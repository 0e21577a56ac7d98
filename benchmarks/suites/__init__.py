"""One file for each question; each has ``TITLE``, ``run(bench)`` and ``render(result)``."""
