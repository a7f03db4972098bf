"""The stages strung together: poll and publish; all that touches the world is handed in."""
