"""What webhooks and schedules mean, without serving any: pure functions for whoever does.

    cron         whether a text is a schedule, and the one way in which it is written
    times        when a schedule fires, daylight saving time and missed times included
    signatures   whether a delivery was signed by whoever knows the secret
    signing      the other side of that, to try a hook out

Time and secrets come in as arguments. The records that these read are `core.triggers`.
"""
