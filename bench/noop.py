"""The job of the benchmarks, for Python workers."""


def noop():
    pass
