"""The speed claims of vigil: one a file, each with its goal, run by `make bench`."""
