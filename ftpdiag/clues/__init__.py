"""What several causes ask of the facts, and the remedies they share."""
