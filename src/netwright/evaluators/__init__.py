"""How good is it: ways to judge a configuration."""

EVALUATORS: dict[str, str] = {
    "resampling": "netwright.evaluators.resampling:ResamplingEvaluator",
    "refit": "netwright.evaluators.refit:RefitEvaluator",
    "table": "netwright.evaluators.table:TableEvaluator",
}
