"""`python -m neuro_attn.command_line` is `neuro-attn`."""

import sys

from neuro_attn.command_line import main

sys.exit(main())
