"""What people write where a value is missing."""

# Words such as "unknown" or "none" are answers in many tables and stay categories.
MISSING_TOKENS = ["", "?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null"]
