"""The tests: unit (no files, no servers), integration (real databases), e2e (the CLI)."""
