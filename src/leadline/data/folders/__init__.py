"""Folders, whichever way data lie in them."""
