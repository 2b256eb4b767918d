"""The lists that people keep in spreadsheets: station, channel and account lists as CSV, in and out.

Pure: bytes in, typed rows or every bad line out. What depends on the store's present state (is
this alias another station's?) is checked in the store's repositories.
"""
