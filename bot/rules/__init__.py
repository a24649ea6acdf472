"""The judgement, pure: records and values in, values out. No clock, no I/O; `now` is an argument."""
