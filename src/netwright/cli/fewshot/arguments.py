"""Arguments that the commands of few-shot learning share."""

from __future__ import annotations

from typing import Annotated

import typer

Option = typer.Option
Method = Annotated[
    str,
    Option(
        help="maml, fomaml, reptile, meta_sgd, anil, protonet, matching, or your own package:Class."
    ),
]
Norm = Annotated[
    str, Option(help="Where batch statistics come from: transductive, support, running or group.")
]
Ways = Annotated[int, Option(help="Classes of an episode.")]
Shots = Annotated[int, Option(help="Examples of each class to learn from.")]
Queries = Annotated[int, Option(help="Examples of each class to judge by.")]
TrainWays = Annotated[
    int | None, Option(help="Classes of those it learns on [60 for methods that compare].")
]
TrainQueries = Annotated[
    int | None,
    Option(
        help="Queries of those it learns on [1 for methods that compare; else, of pictures, as "
        "many as shots; of rows, as many as it is judged on]."
    ),
]
InnerRate = Annotated[float | None, Option(help="Rate of the inner steps [0.01].")]
InnerSteps = Annotated[int | None, Option(help="Steps of adapting [5; meta_sgd 1].")]
AdaptSteps = Annotated[
    int | None, Option(help="Steps of adapting once it has learned [as many as --inner-steps].")
]
Augment = Annotated[
    str | None,
    Option(
        help="What happens to pictures: none, shift, affine, flip, cutout or trivial [affine for "
        "methods that compare, else shift]."
    ),
]
FullContext = Annotated[
    bool | None,
    Option("--full-context", help="matching sees rows in the light of the whole support."),
]
Rotations = Annotated[
    bool, Option("--rotations", help="Turned by 90, 180 and 270 degrees a class is another one.")
]
Classes = Annotated[str | None, Option(help="Column of the classes [the class folder].")]
Tasks = Annotated[
    str | None, Option(help="Of a table: column that says to which task a row belongs.")
]
