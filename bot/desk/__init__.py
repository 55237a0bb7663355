"""What helplines do with the people who asked for them: pure values in, pure values out."""
