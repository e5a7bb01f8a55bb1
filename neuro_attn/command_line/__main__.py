"""Entry point: `python -m neuro_attn.command_line` runs `neuro-attn`."""

import sys

from neuro_attn.command_line import main

sys.exit(main())
