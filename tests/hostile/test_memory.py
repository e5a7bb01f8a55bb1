"""Files and configurations that would take more memory than there is end in one message.

Each bomb is small on disk. It is read by `neuro-attn` in a process that may address 3 GB, so that a
size that nobody compared ends in another message or none.
"""

import gzip
import json
import resource
import runpy
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5netcdf
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io
import yaml

from neuro_attn import budget, recording, sources
from neuro_attn.budget import BudgetError
from neuro_attn.configuration import parse, products
from tests import commands, formats

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/regions.py"

ADDRESS_SPACE = 3_000_000_000
SMALL = 3_000_000
"""Most bytes of a bomb on disk."""


def neuro_attn(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that may address 3 GB."""
    return commands.run(arguments, folder=Path(), address_space=ADDRESS_SPACE)


def check(folder: Path, keys: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump({"data_folder": str(folder), **keys}))
    return neuro_attn("check", str(config), *options)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a command printed, on one line."""
    return " ".join((done.stdout + done.stderr).split())


# --- files ---------------------------------------------------------------------------------------

Bomb = Callable[[Path], object]


def resized(place: str, shape: tuple[int, ...], chunks: tuple[int, ...]) -> Callable[[Path], None]:
    """Return what replaces an array of an HDF5 file by a larger one that is never written."""

    def change(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            old, attributes = file[place], dict(file[place].attrs)
            dtype = old.dtype
            del file[place]
            made = file.create_dataset(
                place, shape, dtype, chunks=chunks, maxshape=(None,) * len(shape), fillvalue=1
            )
            made.attrs.update({k: v for k, v in attributes.items() if k != "DIMENSION_LIST"})

    return change


def nwb_spikes(folder: Path) -> None:
    n = 1_500_000_000
    path = folder / "planted.nwb"
    with h5py.File(path, "r+") as file:
        n_units, attributes = len(file["units/id"]), dict(file["units/spike_times_index"].attrs)
        del file["units/spike_times_index"]
        file["units/spike_times_index"] = np.linspace(n // 10, n, n_units).astype(np.uint64)
        file["units/spike_times_index"].attrs.update(attributes)
    resized("units/spike_times", (n,), (1_000_000,))(path)


def nwb_chunk(folder: Path) -> None:
    """Give an array of a few numbers chunks of 3.2 GB."""
    with h5py.File(folder / "planted.nwb") as file:
        n_trials = len(file["intervals/trials/cue"])
    resized("intervals/trials/cue", (n_trials,), (400_000_000,))(folder / "planted.nwb")


def nwb_zarr(folder: Path) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(str(folder / "planted.nwb.zarr"), "w")
    with h5py.File(folder / "planted.nwb") as file:
        for place in ("units", "intervals/trials"):
            for name, values in file[place].items():
                array = values.asstr()[...] if values.dtype.kind == "O" else values[...]
                group[f"{place}/{name}"] = array.astype("U9") if array.dtype == object else array
    group["units/spike_times_index"].attrs["neurodata_type"] = "VectorIndex"
    group.attrs["nwb_version"] = "2.7.0"
    (folder / "planted.nwb").unlink()
    described = folder / "planted.nwb.zarr" / "intervals" / "trials" / "cue" / ".zarray"
    keys = json.loads(described.read_text())
    described.write_text(json.dumps({**keys, "chunks": [2_000_000_000]}))


def netcdf(folder: Path) -> None:
    (folder / "planted.nc").unlink()
    with h5netcdf.File(folder / "planted.nc", "w") as file:
        file.dimensions = {"trial": 80, "unit": 10, "time": 10_000_000}
        rates = ("trial", "unit", "time")
        file.create_variable("rates", rates, "f4", chunks=(1, 1, 1_000_000), fillvalue=0.0)


def netcdf_index(folder: Path) -> None:
    """Declare a coordinate that xarray reads as soon as it opens the file."""
    (folder / "planted.nc").unlink()
    with h5netcdf.File(folder / "planted.nc", "w") as file:
        file.dimensions = {"time": 1_000_000_000}
        file.create_variable("time", ("time",), "f8", chunks=(1_000_000,), fillvalue=0.0)
        file.create_variable("x", ("time",), "i1", chunks=(1_000_000,), fillvalue=0)


def matlab_73(folder: Path) -> None:
    with h5py.File(folder / "planted.mat", "w") as file:
        made = file.create_dataset(
            "rates", (80, 500_000, 2, 2, 10), "f8", chunks=(1, 1000, 1, 1, 1), fillvalue=0.0
        )
        made.attrs["MATLAB_class"] = np.bytes_("double")


def matlab_sparse(folder: Path) -> None:
    with h5py.File(folder / "planted.mat", "w") as file:
        group = file.create_group("rates")
        group.attrs.update(MATLAB_sparse=1_000_000_000, MATLAB_class=np.bytes_("double"))
        group["jc"] = np.zeros(11, np.uint64)


def mat_5_declared(folder: Path) -> None:
    path = folder / "planted.mat"
    path.unlink()
    scipy.io.savemat(path, {"rates": np.ones((80, 600))})
    shape = struct.pack("<ii", 80, 600)
    assert path.read_bytes().count(shape) == 1
    path.write_bytes(path.read_bytes().replace(shape, struct.pack("<ii", 80, 60_000_000)))


def mat_5_compressed(folder: Path) -> None:
    """Write 600 MB of zeros in one compressed element."""
    n = 600_000_000
    path = folder / "planted.mat"
    path.unlink()
    scipy.io.savemat(path, {"rates": np.zeros((1, 1000), np.uint8)})
    header, element = path.read_bytes()[:128], path.read_bytes()[136:-1000]
    element = element.replace(struct.pack("<ii", 1, 1000), struct.pack("<ii", 1, n))
    assert element[-4:] == struct.pack("<i", 1000)
    element = element[:-4] + struct.pack("<i", n)
    packer = zlib.compressobj(1)
    parts = [packer.compress(struct.pack("<ii", 14, len(element) + n) + element)]
    parts += [packer.compress(bytes(1_000_000)) for _ in range(n // 1_000_000)]
    packed = b"".join([*parts, packer.flush()])
    path.write_bytes(header + struct.pack("<ii", 15, len(packed)) + packed)


def raster_of_many_spikes(folder: Path) -> None:
    """Give each sample of a unit 10,000 spikes, each of which takes memory."""
    for other in set(folder.iterdir()) - {path := folder / "unit0.mat"}:
        other.unlink()
    parts = scipy.io.loadmat(path, spmatrix=False)
    parts = {name: value for name, value in parts.items() if not name.startswith("__")}
    parts["raster_data"] = np.full(parts["raster_data"].shape, 10_000, np.uint16)
    scipy.io.savemat(path, parts, do_compression=True)


def parquet_runs(folder: Path) -> None:
    """Write 40 million equal spikes, which take a few bytes as runs."""
    path = folder / "spikes.parquet"
    one = pq.read_table(path).slice(0, 1)
    table = one.take(pa.array(np.zeros(10_000_000, np.int8)))
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(4):
            writer.write_table(table, row_group_size=10_000_000)


def csv_of_short_rows(folder: Path) -> None:
    """Write rows of one field below a header of 2,000."""
    header = ",".join(["session", "trial_id", *(f"x{n}" for n in range(2_000))])
    (folder / "trials.csv").write_text(f"{header}\n" + "a\n" * 500_000)


def npy_header(folder: Path) -> None:
    path = next(folder.rglob("spikes.times.npy"))
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (4_000_000_000,)}
        np.lib.format.write_array_header_1_0(file, header)


MEMORY = "memory; the budget leaves"
BOMBS: dict[str, tuple[str, Bomb, list[str], tuple[str, ...]]] = {
    "NWB: spike times that are declared": (
        "nwb",
        nwb_spikes,
        ["planted.nwb, /units/spike_times", MEMORY],
        (),
    ),
    "NWB: a chunk far larger than its array": (
        "nwb",
        nwb_chunk,
        ["planted.nwb, /intervals/trials/cue", MEMORY],
        (),
    ),
    "NWB in Zarr: a chunk far larger than its array": (
        "nwb",
        nwb_zarr,
        ["planted.nwb.zarr, /intervals/trials/cue", MEMORY],
        (),
    ),
    "NetCDF: rates that are declared": ("netcdf", netcdf, ["planted.nc", MEMORY], ()),
    "NetCDF: a coordinate that is declared": (
        "netcdf",
        netcdf_index,
        ["planted.nc, time", MEMORY],
        (),
    ),
    "MATLAB 7.3: an array that is declared": (
        "matlab",
        matlab_73,
        ["planted.mat, /rates", MEMORY],
        (),
    ),
    "MATLAB 7.3: a sparse matrix of a billion rows": (
        "matlab",
        matlab_sparse,
        ["planted.mat, rates", MEMORY],
        (),
    ),
    "MATLAB 5: an array that is declared": (
        "matlab",
        mat_5_declared,
        ["planted.mat, rates", MEMORY],
        (),
    ),
    "MATLAB 5: an array that is compressed": (
        "matlab",
        mat_5_compressed,
        ["planted.mat, rates", MEMORY],
        ("--memory", "1"),
    ),
    "a raster of 480 million spikes": (
        "raster",
        raster_of_many_spikes,
        ["unit0.mat: a raster of 480,000,000 spikes", MEMORY],
        (),
    ),
    "Parquet: runs": (
        "parquet",
        parquet_runs,
        ["spikes.parquet: a table of 40,000,000 rows", MEMORY],
        ("--memory", "1"),
    ),
    "CSV: rows shorter than the header": (
        "csv",
        csv_of_short_rows,
        ["trials.csv: a table of 500,001 rows x 2,002 columns", MEMORY],
        (),
    ),
    "CSV that is compressed": (
        "csv",
        lambda folder: (folder / "trials.csv").write_bytes(
            gzip.compress((folder / "trials.csv").read_bytes())
        ),
        ["trials.csv: is compressed by gzip. remedy: Unpack it"],
        (),
    ),
    "a header of .npy that declares 32 GB": ("alf", npy_header, ["not a readable .npy file"], ()),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_unfolds_ends_in_one_message(tmp_path, bomb):
    source, change, words, options = BOMBS[bomb]
    keys = formats.write(source, tmp_path, formats.planted())
    change(tmp_path)
    if source == "nwb":
        keys["files"] = "planted*"
    assert sum(each.stat().st_size for each in tmp_path.rglob("*")) < SMALL
    done = check(tmp_path, {"datasets": {"mine": keys}}, *options)
    assert done.returncode == 1, told(done)
    assert "Traceback" not in told(done)
    assert [word for word in words if word not in told(done)] == [], told(done)


def test_text_that_all_rows_share_is_refused_before_it_is_copied_for_each(tmp_path):
    """One text of 1.5 MB on each of 1,000 trials would be 1.5 GB, and its copies 4.5 GB."""
    keys = formats.write("parquet", tmp_path, formats.planted(n_trials=1000))
    table = pq.read_table(tmp_path / "trials.parquet").replace_schema_metadata()
    note = pa.DictionaryArray.from_arrays(np.zeros(len(table), np.int32), ["x" * 1_500_000])
    # Without Arrow's schema, the column is one of plain text.
    pq.write_table(
        table.append_column("note", note), tmp_path / "trials.parquet", store_schema=False
    )
    assert (tmp_path / "trials.parquet").stat().st_size < SMALL
    done = check(tmp_path, {"datasets": {"mine": keys}})
    assert done.returncode == 1
    assert "trials.parquet, note: text of 1,500,000,000 characters needs about 4.5 GB" in told(done)


# --- numbers of clusters -------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["alf", "phy"])
def test_a_huge_number_of_a_cluster_takes_neither_time_nor_memory(tmp_path, source):
    keys = formats.write(source, tmp_path, formats.planted())
    name = {"alf": "spikes.clusters.npy", "phy": "spike_clusters.npy"}[source]
    path = next(tmp_path.rglob(name))
    clusters = np.load(path).astype(np.uint32)
    clusters[:3] = 2_000_000_000
    np.save(path, clusters)
    done = check(tmp_path, {"datasets": {"mine": keys}})
    assert done.returncode == 0, told(done)


# --- a raster ------------------------------------------------------------------------------------


def test_a_raster_takes_at_most_three_times_its_array(tmp_path):
    n_trials, n_samples = 500, 40_000
    rng = np.random.default_rng(0)
    counts = (rng.random((n_trials, n_samples)) < 0.02).astype(float)
    labels = {"side": formats.cells(["left", "right"] * (n_trials // 2))}
    scipy.io.savemat(tmp_path / "a.mat", {"raster_data": counts, "raster_labels": labels})
    code = f"""
import resource
from neuro_attn import configuration
from neuro_attn.sources.raster import reading as raster
dataset = configuration.dataset_from({{
    "source": "raster", "files": "a.mat", "label": "side", "event_sample": 20000,
    "tasks": {{"t": {{"trials": "side == 'left'", "align": "onset"}}}},
    "time": {{"start": -0.2, "stop": 0.2, "bin": 0.1}}, "windows": {{"w": [0.0, 0.2]}},
}})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
session = raster.read({str(tmp_path / "a.mat")!r}, dataset)
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 3 * counts.nbytes


# --- configurations ------------------------------------------------------------------------------


def simulated(**keys: Any) -> dict[str, Any]:
    return {
        "source": "simulation",
        "label": "selected",
        "tasks": {"pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"}},
        "time": {"start": -0.2, "stop": 0.8, "bin": 0.05},
        "windows": {"delay": [0.4, 0.8]},
        **keys,
    }


MANY = {"start": -0.2, "stop": 0.8, "bin": 0.02}
"""Times of 50 bins."""
BILLIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "sessions": (
        {"datasets": {"s": simulated(simulation={"sessions": 10_000_000})}},
        ["datasets.s.simulation", "10,000,000 sessions", "Lower sessions"],
    ),
    "cycles": (
        {"datasets": {"s": simulated(simulation={"sessions": 1, "cycles": 10_000_000})}},
        ["datasets.s.simulation", "10,000,000 cycles"],
    ),
    "units": (
        {"datasets": {"s": simulated(simulation={"regions": {"V4": {"units": 10**15}}})}},
        ["datasets.s.simulation", "1,000,000,000,000,000 units"],
    ),
    "rates": (
        {"datasets": {"s": simulated(simulation={"baseline": 1e30})}},
        ["datasets.s.simulation", "more than 1,000,000,000 GB"],
    ),
    "permutations": (
        {"datasets": {"s": simulated(time=MANY, inference={"permutations": 10_000_000})}},
        ["datasets.s", "10,000,000 permutations", "Lower inference.permutations"],
    ),
    "bins": (
        {
            "datasets": {
                "s": simulated(
                    time={"start": -0.2, "stop": 0.8, "bin": 0.0002},
                    simulation={"sessions": 1, "cycles": 1},
                )
            }
        },
        ["datasets.s", "5,001 times and windows"],
    ),
}


NETWORKS: dict[str, Any] = {
    "datasets": {"s": simulated()},
    "network_analysis": {
        "label": "selected",
        "tasks": {
            name: {"trials": f"trial_type == '{name}'", "align": "cue_onset"}
            for name in ("pro", "retro")
        },
        "time": {"start": -0.2, "stop": 0.6, "bin": 0.2},
        "windows": {"cue": [0.0, 0.4]},
    },
    "networks": {"n": {"family": "luong-dot"}},
}


def of_networks(**keys: object) -> dict[str, Any]:
    return {**NETWORKS, "networks": {"n": {"family": "luong-dot", **keys}}}


def of_lists(**keys: object) -> dict[str, Any]:
    return {"datasets": {"s": simulated()}, "list_recall": {"families": ["seq2seq"], **keys}}


def of_sequences(**keys: object) -> dict[str, Any]:
    return {"datasets": {"s": simulated()}, "sequence_processing": {"families": ["gru"], **keys}}


NETWORK_REMEDY = "Lower hidden, batch, test_trials or seeds"
LIST_REMEDY = "Lower hidden, batch, lengths, seeds or test_lists"
BILLIONS |= {
    "hidden units of networks": (
        of_networks(hidden=1_000_000),
        ["networks.n", "1,000,000 hidden units", NETWORK_REMEDY],
    ),
    "batches of networks": (
        of_networks(batch=10**7),
        ["networks.n", "with 10,000,000 trials", NETWORK_REMEDY],
    ),
    "test trials of networks": (
        of_networks(test_trials=10**7),
        ["networks.n", "with 40,000,000 trials", NETWORK_REMEDY],
    ),
    "seeds of networks": (of_networks(seeds=10**7), ["networks.n", NETWORK_REMEDY]),
    "permutations of networks": (
        {
            **NETWORKS,
            "network_analysis": {
                **NETWORKS["network_analysis"],
                "time": MANY,
                "inference": {"permutations": 10**7},
            },
        },
        ["network_analysis", "10,000,000 permutations", "Lower inference.permutations"],
    ),
    "hidden units of list recall": (
        of_lists(hidden=1_000_000),
        ["list_recall", "by 1,000,000 hidden units", LIST_REMEDY],
    ),
    "batches of list recall": (
        of_lists(batch=10**7),
        ["list_recall", "10,000,000 lists", LIST_REMEDY],
    ),
    "lengths of list recall": (
        of_lists(lengths=[10**9]),
        ["list_recall", "lists of 1,000,000,000 items", LIST_REMEDY],
    ),
    "lengths of sequence processing": (
        of_sequences(test_lengths=[10**7]),
        ["sequence_processing", "sequences of 10,000,000 steps", "Lower hidden, batch, length"],
    ),
    "images of captioning": (
        {"datasets": {"s": simulated()}, "captioning": {"families": ["soft"], "batch": 10**7}},
        ["captioning", "captions of 30,000,000 images", "Lower hidden, batch, seeds"],
    ),
    "seeds of list recall": (of_lists(seeds=10**7), ["list_recall", LIST_REMEDY]),
}


@pytest.mark.parametrize("product", BILLIONS)
def test_a_product_of_a_configuration_is_refused_by_check(tmp_path, product):
    keys, words = BILLIONS[product]
    with budget.limited(4), pytest.raises(BudgetError) as error:
        products.check_products(parse(keys))
    message = str(error.value)
    assert [word for word in [*words, MEMORY, "--memory"] if word not in message] == []


def test_check_ends_with_the_message_of_a_product(tmp_path):
    keys, words = BILLIONS["permutations"]
    done = check(tmp_path, keys)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert [word for word in [*words, MEMORY, "--memory"] if word not in told(done)] == []


# --- what a run needs ----------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["csv", "netcdf", "matlab"])
def test_check_and_a_run_refuse_what_the_largest_job_needs_alike(
    source, command, tmp_path, monkeypatch, capsys
):
    """The courses of two million permutations, which the tests of a region hold, do not fit."""
    regions = [f"R{number}" for number in range(10)]
    planted = formats.planted(n_trials=40, n_units=10)
    planted = formats.Session(planted.trials, planted.spike_times, regions)
    keys = formats.write(source, tmp_path / "data", planted)
    inference = {"permutations": 2_000_000, "bootstraps": 20}
    config = {"data_folder": "data", "datasets": {"mine": keys}, "inference": inference}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    dataset = parse(config).datasets["mine"]
    (made,) = sources.read("mine", dataset, tmp_path / "data", 0)
    recording.save(made, tmp_path / "mine.nc")

    def job() -> str:
        """Run the job that comes after reading, as Snakemake does; return its message."""
        given = SimpleNamespace(
            config={"permutations": {"mine": 2_000_000}},
            rule="regions",
            log=[str(tmp_path / "results/logs/regions/mine.log")],
            output=[],
            wildcards=SimpleNamespace(dataset="mine"),
            params=SimpleNamespace(settings=dataset.model_dump(mode="json"), seed=0),
            input=SimpleNamespace(recordings=[str(tmp_path / "mine.nc")]),
        )
        (tmp_path / "results/logs/regions").mkdir(parents=True, exist_ok=True)
        with pytest.raises(SystemExit):
            runpy.run_path(str(SCRIPT), {"snakemake": given})
        return capsys.readouterr().err

    monkeypatch.setattr(budget, "left", lambda: 1.5e9)
    # The lines of check are wrapped.
    checked = " ".join(command("check", "mine.yaml").out.split())
    expected = "datasets.mine: tests of region R0 needs about 2.7 GB of memory"
    assert expected in checked
    assert expected in job()


def test_anchors_in_keys_are_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    lines += ["? [*a8, *a8]", ": 1"]
    config = tmp_path / "config.yaml"
    config.write_text("\n".join(lines))
    assert config.stat().st_size < 600
    done = neuro_attn("check", str(config))
    assert done.returncode == 1
    assert "a key is a list or has keys itself" in told(done)


# --- the budget ----------------------------------------------------------------------------------


def test_what_is_more_than_the_budget_is_refused_with_both_numbers():
    with budget.limited(1), pytest.raises(BudgetError) as refused:
        budget.need_array((1_000, 1_000_000), 8, "a.nwb, x", copies=2)
    assert "an array of 1,000 x 1,000,000 values needs about 16.0 GB of memory" in str(
        refused.value
    )
    assert "(memory: 1)" in str(refused.value)


def test_an_allocation_that_nothing_announces_fails_and_the_limit_is_lifted_again():
    said = r"a\.nwb: reading it takes more"
    with budget.limited(0.1), pytest.raises(BudgetError, match=said), budget.reading("a.nwb"):
        np.ones(3_000_000_000, np.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY


def test_the_budget_is_what_the_process_may_still_take():
    with budget.limited(2):
        before = budget.left()
        taken = np.ones(50_000_000)
        assert before - budget.left() == pytest.approx(taken.nbytes, rel=0.1)


def test_without_a_number_the_budget_is_a_share_of_what_is_available():
    with budget.limited(None):
        assert budget.left() <= budget.SHARE * budget.available() * 1.1 + 1e8
        assert budget.left() > 0
