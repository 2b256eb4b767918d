"""`qttd backup` and `qttd restore`: one file that holds all that another machine needs to go on."""
