"""`python -m jambox.engine`: the engine process."""

from jambox.engine.server import main

if __name__ == "__main__":
    main()
