"""One module per database; each has the four verbs of `longpole.store.engine`."""
