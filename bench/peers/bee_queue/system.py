"""bee-queue, for Node: the fastest of the peers that keep results."""

from systems import Setting, System, node_version


def define(places):
    folder = places.peer("bee_queue")
    worker, producer = (["node", f"{folder}/{name}.mjs"] for name in ("worker", "producer"))
    return System(
        name="bee-queue", key="bee_queue", version=node_version(folder, "bee-queue"),
        producer=producer, left=[("LLEN", "bq:bench:waiting"), ("LLEN", "bq:bench:active")],
        kept=[("SCARD", "bq:bench:succeeded")],
        what_is_kept="every job in a hash and its id in a set, for ever",
        settings=[
            Setting("concurrency 1", [*worker, "1"], jobs=4000, default=True),
            Setting("concurrency 50", [*worker, "50"], jobs=20000),
            Setting("concurrency 100", [*worker, "100"], jobs=20000),
        ])
