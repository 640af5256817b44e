"""What a report is made of: the look, the headline, the ladder, the advice, the exit code."""
