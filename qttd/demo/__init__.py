"""`qttd demo`: a whole department on one machine, with nothing to set up, and a proof at its end.

Real FTP throughout: a dozen simulated loggers, the daemon as anybody would run it, and a stand-in
ministry that is another FTP server in another process. A day goes by in a minute and a half. Who the
stations are is in stations.py, what goes wrong and when in story.py, and the proof, which reads the
raw files again by itself, in proof.py.
"""
