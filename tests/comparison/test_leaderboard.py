"""Leaderboards: means over seeds, ranks within benchmarks, and files of others that are checked."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuro_attn.command_line.commands import main
from neuro_attn.comparison import leaderboard
from neuro_attn.comparison.leaderboard import COLUMNS, FILE, as_text, benchmark_of, joined
from neuro_attn.comparison.responses import Responses
from neuro_attn.errors import InputError
from neuro_attn.results import read_csv, write_csv


def scores(networks=("net", "other"), seeds=5):
    rng = np.random.default_rng(0)
    rows = [
        (network, trained, "hidden", region, "b" * 12, "debiased_cka", seed, rng.normal(0.3, 0.1))
        for network in networks
        for trained in (True, False)
        for region in ("V4", "FEF")
        for seed in range(seeds)
    ]
    keys = ["network", "trained", "population", "region", "benchmark", "score", "seed", "value"]
    table = pd.DataFrame(rows, columns=keys).assign(ceiling=0.8, n_units=20, n_trials=6)
    keys = ["network", "region", "seed"]
    floor = table[~table["trained"]].rename(columns={"value": "floor"})[[*keys, "floor"]]
    return table.merge(floor, on=keys)


def board(**given):
    found = scores(**given)
    fit = found[["network", "trained", "population", "region"]].drop_duplicates()
    errors = found[["network", "trained", "seed"]].drop_duplicates()
    errors = errors.assign(report_error=10.0 + 30 * (errors["seed"] == 0), learned=True)
    errors["learned"] = errors["seed"] > 0
    return leaderboard(found, fit.assign(verdict="compatible"), errors, brain="sim")


def test_means_intervals_and_tests_are_those_of_scipy():
    table, found = board(), scores()
    assert list(table.columns) == COLUMNS
    for row in table.to_dict("records"):
        keys = "network == @row['network'] and region == @row['region'] and trained"
        seeds = found.query(keys)
        value = stats.ttest_1samp(seeds["value"], 0)
        interval = value.confidence_interval(0.95)
        assert row["value"] == pytest.approx(seeds["value"].mean())
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(interval))
        test = stats.ttest_rel(seeds["value"], seeds["floor"], alternative="greater")
        assert row["p_value"] == pytest.approx(test.pvalue)
        assert row["of_ceiling"] == pytest.approx(row["value"] / 0.8)
        assert (row["verdict"], row["report_error"], row["n_seeds"]) == ("compatible", 10, 5)
    for _, rows in table.groupby("region"):
        assert list(rows["rank"]) == [1, 2]
        assert rows["value"].is_monotonic_decreasing


def test_one_seed_has_no_interval_and_two_no_test():
    one, two = board(seeds=1), board(seeds=2)
    assert one[["ci_low", "ci_high", "p_value"]].isna().all(axis=None)
    assert two["p_value"].isna().all()
    assert two["ci_low"].notna().all()


def test_a_benchmark_is_its_conditions_and_sizes_not_its_rates():
    def region(units=4, trials=3, rate=0.0, conditions=("cue", "delay")):
        parts = [[np.full((trials, units), rate) for _ in conditions]]
        return [Responses("V4", "all", tuple((each,) for each in conditions), parts)]

    first = benchmark_of("sim", region(), 4, 2, 5)
    assert len(first) == 12
    assert benchmark_of("sim", region(rate=1.0), 4, 2, 5) == first
    others = [
        benchmark_of("mine", region(), 4, 2, 5),
        benchmark_of("sim", region(units=5), 4, 2, 5),
        benchmark_of("sim", region(trials=2), 4, 2, 5),
        benchmark_of("sim", region(conditions=("cue", "late")), 4, 2, 5),
        benchmark_of("sim", region(), 3, 2, 5),
        benchmark_of("sim", region(), 4, 2, 6),
    ]
    assert len({first, *others}) == 7


def test_files_of_others_are_ranked_with_those_of_a_run(tmp_path, capsys):
    results = tmp_path / "results"
    (results / FILE).parent.mkdir(parents=True)
    write_csv(board(), results / FILE)
    theirs = board(networks=("theirs",)).assign(value=0.9, ci_high=1.0, rank=1)
    write_csv(theirs, tmp_path / "theirs.csv", "leaderboard")
    paths = [str(results), str(tmp_path / "theirs.csv")]
    whole = joined(paths)
    assert len(whole) == 6
    assert whole.groupby("region")["network"].first().to_dict() == dict.fromkeys(
        ("FEF", "V4"), "theirs"
    )
    assert list(whole["rank"]) == [1, 2, 3] * 2
    assert main(["leaderboard", *paths, "--region", "V4", "-o", str(tmp_path / "all.csv")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"V4, debiased_cka (benchmark {'b' * 12}: 20 units, 6 trials)\n")
    assert "1  theirs, hidden: 0.90 [" in printed
    assert "FEF" not in printed
    assert len(read_csv(tmp_path / "all.csv", "leaderboard")) == 3
    assert main(["leaderboard", *paths, "--region", "V5"]) == 1
    told = "--region V5: no leaderboard contains it. Allowed: FEF, V4."
    assert told in capsys.readouterr().err


def test_negative_numbers_have_a_minus_and_zeros_none():
    table = board(seeds=1).assign(value=[-0.004, -0.25] * 2, of_ceiling=np.nan, verdict="")
    assert as_text(table).splitlines()[1].endswith("hidden: 0.00")
    assert as_text(table).splitlines()[2].endswith("hidden: \N{MINUS SIGN}0.25")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="ceiling"), "ceiling: missing"),
        (
            lambda table: table.assign(value=[0.1, np.nan, 0.2, 0.3]),
            "line 3: value is not a finite number",
        ),
        (lambda table: table.assign(benchmark=""), "line 2: the column benchmark is empty"),
        (lambda table: table.assign(ci_low=0.99), "line 2: value lies outside its interval"),
        (lambda table: pd.concat([table, table]), "contains debiased_cka of network"),
    ],
)
def test_malformed_files_are_one_message(tmp_path, change, message):
    change(board()).to_csv(tmp_path / "theirs.csv", index=False)
    with pytest.raises(InputError, match=message):
        joined([tmp_path / "theirs.csv"])


def test_a_folder_without_a_leaderboard_is_one_message(tmp_path):
    with pytest.raises(InputError, match=r"leaderboard\.csv.*does not exist"):
        joined([tmp_path])
