"""What a book is exposed to, what that costs, and how far a call is. It knows no venue and no engine."""
