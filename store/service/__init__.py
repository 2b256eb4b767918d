"""When stations are to deliver, and when they did not: phases, stops, outages, interruptions."""
