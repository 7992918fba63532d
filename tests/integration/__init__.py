"""With real databases and files."""
