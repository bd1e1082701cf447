"""On what, and of what, numbers were measured."""

import os
import platform
from datetime import date


def describe(server):
    return {"date": str(date.today()), "cpu": cpu_model(), "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
            "system": distribution(), "kernel": platform.release(),
            "redis": f"{server.version}, --save '', TCP on 127.0.0.1"}


def cpu_model():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def distribution():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def describe_system(system):
    return {"name": system.name, "version": system.version, "kept": system.what_is_kept}
