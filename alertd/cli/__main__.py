"""`python -m alertd.cli`: the same as `alertd`."""

from alertd.cli.main import main

if __name__ == "__main__":
    main()
