"""What learns labels from titles; the classifiers do not know each other."""
