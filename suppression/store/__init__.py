"""Redis, and the only place that imports it: keys, scripts, ledger, credentials, the embedded server."""
