"""``python -m mgiad_dsl`` is ``mgiad``."""

import sys

from mgiad_dsl.cli import main

sys.exit(main())
