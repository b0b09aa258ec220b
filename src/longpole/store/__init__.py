"""Where rows are kept: named SQL, a few dialect fragments, and engines with four verbs."""
