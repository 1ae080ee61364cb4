#!/usr/bin/env bash
# Under Optuna 5.0.0's HyperbandPruner a sampler's `study.get_trials()` holds its own bracket only.
#
# A sampler is handed a study; in all studies the trial of number n stands at place n of
# `study.get_trials()`. With HyperbandPruner the same call inside the sampler leaves out the trials of
# other brackets (and shows the current one at another place), with the same type and no warning:
# a sampler that counts trials, or looks one up by its number, reads another trial or none.
#
# What to do: in a sampler ask the storage, `study._storage.get_all_trials(study._study_id)`, or go by
# `trial.number` of each trial and never by its place.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check optuna==5.0.0
"$folder/venv/bin/python" - <<'PY'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Counting(optuna.samplers.RandomSampler):
    """Notes for each trial how many it is shown, and whether it stands where its number says."""

    def __init__(self):
        super().__init__(seed=0)
        self.seen = []

    def infer_relative_search_space(self, study, trial):
        shown = study.get_trials(deepcopy=False)
        in_place = trial.number < len(shown) and shown[trial.number].number == trial.number
        self.seen.append((trial.number, len(shown), in_place))
        return {}


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 28):
        trial.report(x, step)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return x


found = {}
for name, pruner in {
    "median": optuna.pruners.MedianPruner(),
    "hyperband": optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27),
}.items():
    sampler = Counting()
    study = optuna.create_study(sampler=sampler, pruner=pruner, study_name="s")
    study.optimize(objective, n_trials=12)
    found[name] = sampler.seen
    hidden = sum(number + 1 - shown for number, shown, _ in sampler.seen)
    moved = sum(not in_place for _, _, in_place in sampler.seen)
    print(f"{name}: {hidden} trials hidden in all, {moved} of 12 not at the place of their number")
assert all(shown == number + 1 and fine for number, shown, fine in found["median"])
assert sum(not fine for _, _, fine in found["hyperband"]) >= 6, "samplers see every trial now"
print("as described")
PY
