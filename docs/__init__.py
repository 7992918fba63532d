"""What makes the reference pages beside this file: `make reference` writes them."""
