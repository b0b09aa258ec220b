"""The command line: the same answers as REST, drawn for a terminal; and the commands that serve and run programs."""
