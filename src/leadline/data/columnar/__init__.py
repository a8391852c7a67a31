"""Files that hold columns: Parquet, Arrow, Feather."""
