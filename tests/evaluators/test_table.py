"""Tables of designs: what columns mean, what is left out, what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.budget import Budget
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.domains import Categorical, Ordinal
from netwright.core.errors import ConfigError, DataError, UnknownName
from netwright.core.space import Parameters, Space
from netwright.core.study import Study
from netwright.engines.inline import InlineEngine
from netwright.evaluators.columns import Columns, Limit
from netwright.evaluators.designs import read_table
from netwright.evaluators.table import DesignTable, TableEvaluator
from netwright.evaluators.tabulated import Tabulated
from netwright.spaces import get_space, known_spaces
from netwright.spaces.nasbench201 import NASBench201
from netwright.strategies import get_strategy
from netwright.testing import check_space

OPERATIONS = ("conv", "none", "pool")
WIDTHS = (8, 16, 32)


def make_designs(seed: int = 0) -> pd.DataFrame:
    """Every combination of an operation, a width and a switch, with what it reached."""
    rng = np.random.default_rng(seed)
    rows = [
        {"op": op, "width": width, "wide": wide}
        for op in OPERATIONS
        for width in WIDTHS
        for wide in (False, True)
    ]
    frame = pd.DataFrame(rows)
    frame["val"] = rng.permutation(len(frame)).astype(float)
    frame["test"] = frame["val"] + 0.5
    frame["seconds"] = 10.0 + frame["width"]
    frame["size"] = frame["width"] * (1 + frame["wide"])
    frame["cheap"] = frame["val"].where(frame["op"] != "none")
    return frame


PARAMETERS = ("op", "width", "wide")


def read(frame: pd.DataFrame, audit: Audit | None = None, **columns: object) -> DesignTable:
    told = {"validation": "val", "test": "test", **columns}
    return read_table(frame, Columns(**told), parameters=PARAMETERS, audit=audit)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- designs


def test_columns_become_a_space() -> None:
    table = read(make_designs())
    assert isinstance(table.space, Parameters)
    assert table.space.declared == {
        "op": Categorical(OPERATIONS),
        "width": Ordinal(WIDTHS),
        "wide": Categorical((False, True)),
    }
    assert table.space.size() == len(table) == 18


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_every_row_is_found_in_every_format(tmp_path: Path, suffix: str) -> None:
    frame = make_designs()
    path = tmp_path / f"designs{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    table = read_table(path, Columns("val", "test"), parameters=PARAMETERS)
    for row in frame.to_dict("records"):
        place = table.place(Config({name: row[name] for name in PARAMETERS}))
        assert place is not None
        assert (table.validation[place], table.test[place]) == (row["val"], row["test"])


def test_text_is_read_by_a_space_and_isomorphs_stay_apart() -> None:
    space = NASBench201()
    edges = list(space.edges.values())
    one = Config({**dict.fromkeys(edges, "none"), "3<-0": "nor_conv_3x3"})
    same = Config({**one, "1<-0": "nor_conv_1x1"})  # leads nowhere
    assert space.canonical(one) == space.canonical(same)
    frame = pd.DataFrame({"arch": [space.to_text(one), space.to_text(same)], "val": [1.0, 2.0]})
    table = read_table(frame, Columns("val"), space="nasbench201", arch="arch")
    assert [table.validation[table.place(c) or 0] for c in (one, same)] == [1.0, 2.0]
    assert table.test is table.values["val"]


def test_repeated_designs_have_their_mean_and_it_is_said() -> None:
    frame = make_designs()
    again = frame.iloc[[3]].assign(val=100.0, cheap=np.nan)
    audit = Audit()
    table = read(pd.concat([frame, again]), audit, cheap=("cheap",))
    assert len(table) == 18
    assert table.validation[3] == (frame["val"][3] + 100) / 2
    assert table.values["cheap"][3] == pytest.approx(frame["cheap"][3], nan_ok=True)
    assert "1 rows repeat a design" in audit.entries()[-1]["said"]


def test_rows_that_lack_a_value_are_left_out_and_it_is_said() -> None:
    frame = make_designs().astype({"width": float})
    frame.loc[0, "val"] = np.nan
    frame.loc[1, "val"] = np.inf
    frame.loc[2, "width"] = np.nan
    audit = Audit()
    table = read(frame, audit)
    assert len(table) == 15
    assert "Left out 3 of 18 rows" in audit.entries()[0]["said"]
    assert table.configs[0]["width"] == 16
    assert isinstance(table.configs[0]["width"], int)


def test_a_table_survives_the_way_to_another_process() -> None:
    table = pickle.loads(pickle.dumps(read(make_designs())))
    assert table.place(Config({"wide": True, "width": 8, "op": "conv"})) == 1


# ----------------------------------------------------------------------------- values


def test_limits_decide_what_is_feasible_and_best() -> None:
    frame = make_designs()
    table = read(frame, limits=(Limit.parse("size <= 16"), Limit.parse("seconds>=20")))
    kept = (frame["size"] <= 16) & (frame["seconds"] >= 20)
    np.testing.assert_array_equal(table.feasible, kept)
    assert table.validation[table.optimum] == frame["val"][kept].max()
    assert list(table.violations) == ["size<=16", "seconds>=20"]


def test_losses_are_minimised_when_asked() -> None:
    frame = make_designs()
    table = read(frame, direction="minimize", minimise=("size",))
    assert table.validation[table.optimum] == 0
    np.testing.assert_array_equal(table.losses, frame[["val", "size"]])
    assert read(frame).losses[:, 0].tolist() == (-frame["val"]).tolist()


def test_cheap_scores_are_higher_better_unless_said() -> None:
    frame = make_designs()
    table = read(frame, cheap=("cheap", "-size"))
    conv = table.cheap(Config({"op": "conv", "width": 32, "wide": True}))
    assert conv == {"cheap": frame["val"][5], "-size": -64.0}
    assert np.isnan(table.cheap(Config({"op": "none", "width": 32, "wide": True}))["cheap"])
    assert np.isnan(table.cheap(Config({"op": "?"}))["-size"])


def test_the_evaluator_looks_up() -> None:
    table = read(make_designs(), cost="seconds", limits=(Limit.parse("size<=10"),))
    judge = TableEvaluator(table, cost_scale=0.5)
    result = judge.evaluate(table.configs[3], Context())
    assert result.scores["val"] == table.validation[3]
    assert result.cost == 0.5 * (10 + 16)
    assert result.constraints == {"size<=10": 22.0}


def test_the_evaluator_serves_an_ordinary_study() -> None:
    table = read(make_designs())
    study = Study(table.space, objectives=table.columns.objectives, strategy=get_strategy("grid"))
    study.run(TableEvaluator(table), Budget(trials=18), InlineEngine())
    assert study.best().scores["test"] == table.test[table.optimum]


# ----------------------------------------------------------------------------- sparse


def sparse() -> DesignTable:
    return read(make_designs().iloc[[0, 5, 9, 13]], cost="seconds")


def test_what_the_table_does_not_hold_is_its_nearest_design() -> None:
    table = sparse()
    absent = Config({"op": "conv", "width": 32, "wide": False})
    assert table.place(absent) is None
    codes = table.space.encode([absent, *table.configs])
    nearest = int(np.abs(codes[1:] - codes[0]).sum(axis=1).argmin())
    found = TableEvaluator(table).evaluate(absent, Context())
    expected = TableEvaluator(table).evaluate(table.configs[nearest], Context())
    assert found == expected
    assert found.state == "complete"
    for place, config in enumerate(table.configs):
        assert table.nearest(config) == place


def test_rows_one_choice_away_are_found_without_asking_the_space() -> None:
    table = sparse()
    space = table.space
    assert isinstance(space, Tabulated)
    for config in table.configs:
        differing = [
            other
            for other in table.configs
            if sum(other.get(name) != config.get(name) for name in {*other, *config}) == 1
        ]
        assert not differing or space.neighbours(config) == differing


def test_chance_and_moves_stay_on_the_rows_of_a_sparse_table() -> None:
    table, rng = sparse(), np.random.default_rng(0)
    space = table.space
    assert isinstance(space, Tabulated)
    assert {table.place(space.sample(rng)) for _ in range(60)} == {0, 1, 2, 3}
    for config in table.configs:
        for _ in range(10):
            mutant = space.mutate(config, rng)
            assert table.place(mutant) is not None
            assert mutant != config
            assert table.place(space.crossover(config, table.configs[0], rng)) is not None
        near = space.neighbours(config)
        assert near
        assert all(table.place(other) is not None and other != config for other in near)


def test_moves_of_a_nearly_full_table_are_the_spaces_own() -> None:
    table = read(make_designs().iloc[1:])
    config = Config({"op": "conv", "width": 16, "wide": False})
    whole = set(read(make_designs()).space.neighbours(config))
    assert set(table.space.neighbours(config)) == whole - {
        Config({"op": "conv", "width": 8, "wide": False})
    }
    assert table.space.size() == 17


def test_a_sparse_table_is_a_space_like_any_other() -> None:
    check_space(sparse().space)


# -------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("text", ["size", "size<10", "size<=big", "<=3", "size<=", "size<=nan", ""])
def test_limits_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ConfigError, match="A limit is written"):
        Limit.parse(text)


@pytest.mark.parametrize("text", ["a b<=3", " a<=b >= -1e3 "])
def test_limits_that_can(text: str) -> None:
    limit = Limit.parse(text)
    assert (limit.column, limit.bound) in (("a b", 3.0), ("a<=b", -1000.0))


@pytest.mark.parametrize(
    "columns",
    [
        {"validation": "vall"}, {"test": "vall"}, {"cost": "vall"}, {"minimise": ("vall",)},
        {"cheap": ("vall",)}, {"limits": (Limit.parse("vall<=1"),)},
    ],
)  # fmt: skip
def test_unknown_columns_name_the_near_ones(columns: dict) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'val'"):
        read(make_designs(), **columns)


@pytest.mark.parametrize(
    ("frame", "columns", "said"),
    [
        (make_designs(), {"validation": "op"}, "must hold numbers; row 0 holds 'conv'"),
        (make_designs().assign(val=np.nan), {}, "No row has a design"),
        (make_designs(), {"limits": (Limit.parse("size<=1"),)}, "No design keeps the limits"),
        (make_designs().assign(seconds=0), {"cost": "seconds"}, "above zero"),
    ],
)
def test_tables_that_cannot_be_used(frame: pd.DataFrame, columns: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(frame, **columns)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"arch": "op"},
        {"space": "nasbench201"},
        {"arch": "op", "space": "nasbench201", "parameters": ("op",)},
    ],
)
def test_a_design_is_one_text_or_several_columns(options: dict) -> None:
    with pytest.raises(ConfigError, match="--parameters"):
        read_table(make_designs(), Columns("val"), **options)


def test_text_that_is_no_design() -> None:
    with pytest.raises(DataError, match="Row 0 of column 'op' is no design: A NAS-Bench-201 cell"):
        read_table(make_designs(), Columns("val"), space="nasbench201", arch="op")


def test_a_space_that_reads_no_text() -> None:
    space = Parameters({"op": Categorical(OPERATIONS)})
    with pytest.raises(ConfigError, match="no from_text"):
        read_table(make_designs(), Columns("val"), space=space, arch="op")


def test_columns_that_contradict_themselves() -> None:
    with pytest.raises(ConfigError, match="'maximize' or 'minimize'"):
        Columns("val", direction="up")
    with pytest.raises(ConfigError, match="a column of its own"):
        Columns("val", minimise=("size", "size"))


# ----------------------------------------------------------------------------- spaces


def test_spaces_by_name() -> None:
    assert isinstance(get_space("nasbench201"), NASBench201)
    assert isinstance(get_space("netwright.spaces.nasbench201:NASBench201"), Space)
    space = Parameters({})
    assert get_space(space) is space
    assert "nasbench201" in known_spaces()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nasbench21", "Did you mean 'nasbench201'"),
        ("netwright.core.config:Config", "subclass of netwright's Space"),
        ("mlp", "cannot be made with no arguments"),
    ],
)
def test_names_that_are_no_space(name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        get_space(name)


# ------------------------------------------------------------------------ real table


@pytest.mark.shared_data
def test_nasbench201_is_complete(shared_data: Path) -> None:
    path = shared_data / "nas" / "nasbench201_cifar10.csv.gz"
    columns = Columns("c10_val_200", "c10_test_200", cost="c10_train_time_200")
    table = read_table(path, columns, space="nasbench201", arch="arch_str")
    assert len(table) == 15_625
    assert isinstance(table.space, NASBench201)
    assert table.test[table.optimum] == pytest.approx(94.373, abs=0.001)
    assert table.test.max() == pytest.approx(94.373, abs=0.001)
