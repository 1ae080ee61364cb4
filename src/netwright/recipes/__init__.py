"""Named, runnable combinations: each takes a task and a budget to a predictor."""

RECIPES: dict[str, str] = {"tabular": "netwright.recipes.tabular:run"}
