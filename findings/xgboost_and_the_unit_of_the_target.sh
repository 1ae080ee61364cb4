#!/usr/bin/env bash
# XGBoost 3.2.0 learns nothing from a target in small units, and says nothing.
#
# The diabetes table of scikit-learn, its target (25 to 346) as it is and divided by a million, as
# metres come in micrometres or shares in parts. R2 on the training rows:
#   unit 1: 1.000    unit 1e-4: 0.985    unit 1e-5: 0.747    unit 1e-6: 0.000 (one value for all rows)
# LightGBM 4.7.0 gives the same R2 in every unit.
#
# What to do: divide a target by its deviation before XGBoost sees it, and multiply predictions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  xgboost-cpu==3.2.0 lightgbm==4.7.0 scikit-learn==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np, lightgbm, xgboost
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score

X, y = load_diabetes(return_X_y=True)
found = {}
for unit in (1.0, 1e-4, 1e-5, 1e-6):
    target = y * unit
    for name, model in (
        ("xgboost", xgboost.XGBRegressor(n_jobs=1)),
        ("lightgbm", lightgbm.LGBMRegressor(n_jobs=1, verbose=-1)),
    ):
        said = model.fit(X, target).predict(X)
        found[name, unit] = round(float(r2_score(target, said)), 3)
        print(f"{name} unit {unit:g}: R2 {found[name, unit]:.3f}, {len(np.unique(said))} values")
assert found["xgboost", 1.0] > 0.99
assert 0.5 < found["xgboost", 1e-5] < 0.9
assert abs(found["xgboost", 1e-6]) < 0.01, "it learns from small targets now"
assert found["lightgbm", 1e-6] == found["lightgbm", 1.0]
print("as described")
PY
