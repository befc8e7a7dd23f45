"""What every stage stands on: source texts and places in them, errors, files, resources."""
