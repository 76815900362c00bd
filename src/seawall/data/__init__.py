"""Files that come with seawall."""
