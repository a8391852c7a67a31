"""Checks: what is wrong with data, found before or after anything is learned."""
