"""The measuring network: stations, their channels and parameters, and which way each one's data comes."""
