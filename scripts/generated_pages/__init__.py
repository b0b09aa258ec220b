"""One file for each page of `docs/reference` that is made from the code; each gives the page as text."""
