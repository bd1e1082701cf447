"""What is measured. Each module's `rows(bench, systems, number)` is one round: it yields dicts.

A row has a system, a setting, and numbers. Within a round the systems take turns on one Redis.
"""
