"""Named, runnable combinations: a task and a budget to a predictor, a table to a comparison."""

RECIPES: dict[str, str] = {
    "tabular": "netwright.recipes.tabular:run",
    "search": "netwright.recipes.search:run",
    "retrain": "netwright.recipes.retrain:retrain",
    "transfer": "netwright.recipes.transfer:transfer",
    "bench": "netwright.recipes.bench:bench",
}
