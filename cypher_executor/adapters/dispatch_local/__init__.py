"""The dispatcher that runs parts in worker processes of this machine.

`dispatcher` keeps the queue and decides who gets what, `process` is one worker process as seen from here, `orders` is
one execution on its way there, `answers` makes the event of what came back and `part_log` the log lines. `modules`
brings what is to be executed: from the disk (`artifacts`), or made in other processes (`compilers`). `launch` starts
processes, each in one of `folders`; `early` starts workers before the rest is loaded, so nothing is imported here.
"""
