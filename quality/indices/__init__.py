"""The ministry's indices, VN_AQI and VN_WQI: pure functions from means to a number with its explanation.

Rules and worked values are docs/rulebook.md, sections 7 and 8. What is a figure of a Decision is no
constant here: break points, bands and needs are dated data (quality/data/).
"""
