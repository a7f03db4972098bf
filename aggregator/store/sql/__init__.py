"""What every SQL store does alike: its statements, in words that SQLite and PostgreSQL share, and what they mean."""
