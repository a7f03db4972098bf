"""How the service and its feeds stand, as values: what `/healthz`, `status` and the monitoring show."""
