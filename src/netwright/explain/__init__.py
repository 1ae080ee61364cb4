"""Why a model says what it says: importance of columns, and how each moves the prediction."""
