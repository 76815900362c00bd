"""The rim: one folder a venue, which turns its names and messages into ours. It holds no rule of margin."""
