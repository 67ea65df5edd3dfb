"""A believable company for trying Hanse out: a year of trade through the same gate as everybody's.

`plan` decides what happens on which day (deterministic, seasonal); `build` performs it. Names are invented.
"""
