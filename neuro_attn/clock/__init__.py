"""Checks that spikes and events are on one clock in seconds.

Most files do not state the unit of their clock, so we infer it from the times. Spike times in
milliseconds or samples extend far beyond the trials. Events in samples lie far beyond the last
spike. In concatenated recordings, the spike times of a unit restart. Recordings that are sparse,
contain pauses or continue after the task are valid and must pass.
"""

from neuro_attn.clock.diagnosis import diagnose
from neuro_attn.clock.observation import outside_recording
from neuro_attn.clock.trains import Spikes, Train, describe, together
from neuro_attn.clock.unit_of_time import Diagnosis

__all__ = ["Diagnosis", "Spikes", "Train", "describe", "diagnose", "outside_recording", "together"]
