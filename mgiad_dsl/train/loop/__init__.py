"""Training: epochs, optimiser steps, and the state between them."""
