"""Named, runnable combinations, one file each."""

RECIPES = {
    "tabular": "netwright.recipes.tabular:resume",
    "search": "netwright.recipes.search:resume",
}
"""Recipe of a run folder to what goes on with it."""
