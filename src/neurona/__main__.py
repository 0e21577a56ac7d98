"""``python -m neurona``: the command; see :mod:`neurona.cli`."""

import sys

from neurona.cli import main

if __name__ == "__main__":
    sys.exit(main())
