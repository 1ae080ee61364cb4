"""What a net costs: parameters, multiply-adds, memory, latency, energy."""
