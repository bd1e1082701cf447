"""BullMQ, for Node: a queue of Lua scripts."""

from systems import Setting, System, node_version


def define(places):
    folder = places.peer("bullmq")
    worker, producer = (["node", f"{folder}/{name}.mjs"] for name in ("worker", "producer"))
    return System(
        name="BullMQ", key="bullmq", version=node_version(folder, "bullmq", "ioredis"),
        producer=producer, left=[("LLEN", "bull:bench:wait"), ("LLEN", "bull:bench:active")],
        kept=[("ZCARD", "bull:bench:completed")],
        what_is_kept="every job's hash and an entry of a sorted set, for ever",
        settings=[
            Setting("concurrency 1", [*worker, "1"], jobs=4000, default=True),
            Setting("concurrency 50", [*worker, "50"], jobs=20000),
        ])
