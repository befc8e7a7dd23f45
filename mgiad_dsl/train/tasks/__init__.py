"""What a network is trained for: one of four tasks, a file each."""
