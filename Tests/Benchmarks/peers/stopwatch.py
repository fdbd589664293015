"""What a peer counts: events from the first after FullyBooted to the last, UserEvent, and what they cost."""

import json
import resource
import time


class Stopwatch:
    def __init__(self):
        self.events, self.began, self.cpu = 0, None, 0.0

    def heard(self, name):
        """Whether it was the last event: then its line has been printed."""
        if self.began is None and name != "FullyBooted":
            self.began, self.cpu = time.monotonic(), used()
        self.events += self.began is not None
        if name != "UserEvent":
            return False
        print(
            json.dumps(
                {
                    "events": self.events,
                    "wallSeconds": time.monotonic() - self.began,
                    "cpuSeconds": used() - self.cpu,
                    "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                }
            ),
            flush=True,
        )
        return True


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
