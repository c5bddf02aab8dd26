"""The window: a client of the engine. The only folder that knows Qt."""
