"""OKX: names, public answers, private answers and the answers of its position builder."""
