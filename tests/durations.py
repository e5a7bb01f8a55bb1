"""Durations of the epochs of networks' trials that do not vary between trials."""

FIXED = {
    "pro": {
        "fixation": [0.4, 0.4],
        "cue": [0.4, 0.4],
        "cue_delay": [0.2, 0.2],
        "stimuli": [0.8, 0.8],
        "memory_delay": [1.7, 1.7],
    },
    "retro": {
        "fixation": [1.0, 1.0],
        "stimuli": [0.8, 0.8],
        "memory_delay": [0.6, 0.6],
        "cue": [0.4, 0.4],
        "selection_delay": [0.7, 0.7],
    },
}
"""Trials of fixed durations: items at steps 10 to 17, cues at 4 (pro) or 24 (retro) of 35."""
