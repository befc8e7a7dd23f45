"""What commands print: tables, JSON, dumps of the stages."""
