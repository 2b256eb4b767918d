"""The conformance kit: a door that judges one logger, and says how to mend what is wrong."""
