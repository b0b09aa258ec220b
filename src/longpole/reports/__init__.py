"""Where a question is answered: ask the store, call the analysis, give a view that every door shows."""
