"""The tests: unit (no servers), integration (real databases), e2e (the CLI)."""
