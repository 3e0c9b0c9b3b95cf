"""The model of a farm: plain values and the rules by which they are merged. It imports nothing of Home Assistant."""
