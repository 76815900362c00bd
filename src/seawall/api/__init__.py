"""What a user calls: a book in, a snapshot in, margins out. It joins the rooms and holds no rule of its own."""
