"""Tables written as text: CSV and its relatives."""
