"""The `stopliste` command: one file per group of commands, loaded when used."""
