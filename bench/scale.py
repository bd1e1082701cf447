"""How much is measured: all of it, or as little as shows that every measure still runs."""

from dataclasses import dataclass, replace

JOBS = 40  # more than a measure leaves out as its warm-up
SECONDS = 0.1


@dataclass(frozen=True)
class Scale:
    tiny: bool = False  # the numbers mean nothing then

    def jobs(self, count):
        return min(count, JOBS) if self.tiny else count

    def seconds(self, seconds):
        return min(seconds, SECONDS) if self.tiny else seconds

    def sizes(self, sizes):
        """Of a series that grows, the first two."""
        return sizes[:2] if self.tiny else sizes

    def system(self, system):
        settings = [replace(setting, jobs=self.jobs(setting.jobs), late_jobs=self.jobs(setting.late_jobs),
                            gap=self.seconds(setting.gap)) for setting in system.settings]
        return replace(system, settings=settings)
