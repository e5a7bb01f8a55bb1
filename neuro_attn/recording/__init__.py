"""The Recording contract: a session's firing rates as labelled and checked trial x unit x time.

A Recording is an `xarray.Dataset` with the variable ``rates`` (trial, unit, time), float32, in
spikes/s (networks: a.u.). ``time`` is in s from the task's event (bin centres). Coordinates on
trial are ``trial_id``, ``task``, ``label``, every trial column of the source and, if the label is
continuous, ``label_value``; those on unit are ``unit_id``, ``region`` and ``session``. Attributes
contain data set, session, origin and the settings that shaped it.

Sources make a `SpikeSession` (`session`). Its trials are assigned to tasks and classes (`tasks`)
and cut from its spikes (`cutting`). A Recording is built from the result (`building`), checked by
itself (`contract`) and with the other sessions (`together`), and written to a file (`storage`).
"""

from neuro_attn.recording.building import build, stored_name
from neuro_attn.recording.columns import angles, subject_of, trial_column
from neuro_attn.recording.continuous import LABEL_VALUE
from neuro_attn.recording.contract import check
from neuro_attn.recording.cutting import (
    Cut,
    as_attribute,
    cut,
    from_spikes,
    judge_independence,
    on_silent_bins,
)
from neuro_attn.recording.outcome import (
    ATTENTION_USE,
    NOT_LEARNED,
    PROBE,
    none_learned,
    unlearned,
)
from neuro_attn.recording.packing import packed, unpacked
from neuro_attn.recording.session import SpikeSession
from neuro_attn.recording.storage import (
    LEFT_OUT,
    by_region,
    load,
    on_disk,
    opened,
    outline,
    save,
    without_rates,
)
from neuro_attn.recording.tasks import (
    TaskTrials,
    assign_tasks,
    class_name,
    of_tasks,
    reason_without_trials,
)
from neuro_attn.recording.together import check_classes, check_together
from neuro_attn.recording.units import region_counts, selected_units

__all__ = [
    "ATTENTION_USE",
    "LABEL_VALUE",
    "LEFT_OUT",
    "NOT_LEARNED",
    "PROBE",
    "Cut",
    "SpikeSession",
    "TaskTrials",
    "angles",
    "as_attribute",
    "assign_tasks",
    "build",
    "by_region",
    "check",
    "check_classes",
    "check_together",
    "class_name",
    "cut",
    "from_spikes",
    "judge_independence",
    "load",
    "none_learned",
    "of_tasks",
    "on_disk",
    "on_silent_bins",
    "opened",
    "outline",
    "packed",
    "reason_without_trials",
    "region_counts",
    "save",
    "selected_units",
    "stored_name",
    "subject_of",
    "trial_column",
    "unlearned",
    "unpacked",
    "without_rates",
]
