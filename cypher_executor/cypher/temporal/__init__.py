"""Points and lengths of time, to the nanosecond, from the year -999,999,999 to 999,999,999. Pure: no clock is read.

calendar     days, weeks and months; zones: offsets and named zones
instants     Date, LocalTime, Time, LocalDateTime, DateTime; durations: Duration
reading      from text; building: from maps; truncating, between: what else makes them
"""
