"""The background service: polls what is due, publishes, serves, reloads, and survives what goes wrong around it."""
