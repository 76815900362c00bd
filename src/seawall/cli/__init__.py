"""The command line: it parses, calls the public functions and prints. It holds no rule of margin."""
