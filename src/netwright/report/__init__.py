"""What a run looks like: numbers, plots, a page, a card. Reads run folder and storage only."""
