"""Named, runnable combinations: a task and a budget to a predictor, a table to a comparison."""

RECIPES: dict[str, str] = {
    "tabular": "netwright.recipes.tabular:run",
    "bench": "netwright.recipes.bench:bench",
}
