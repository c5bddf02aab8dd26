"""The command line: one file a command, nothing here that the Python interface lacks."""
