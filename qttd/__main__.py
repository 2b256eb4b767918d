"""`python -m qttd`, which is how the supervisor starts its roles: with the same interpreter."""

from qttd.command_line import main

if __name__ == "__main__":
    main()
