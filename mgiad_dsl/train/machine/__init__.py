"""What training runs on: devices, processes, compilation, random numbers, signals, faults."""
