"""The door of the terminal: for trying content out, through the same turns as everyone."""
