"""Slack's rate limits. Who goes over them is answered 429 with Retry-After (whole seconds, at least 1)."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable

from tests.standins.slack.settings import Rates

TIERS = {
    "apps.connections.open": 1, "auth.test": 4, "bots.info": 3, "chat.delete": 3, "chat.getPermalink": 4,
    "chat.postEphemeral": 4, "chat.update": 3, "conversations.history": 3, "conversations.info": 3,
    "conversations.join": 3, "conversations.list": 2, "conversations.members": 4, "conversations.open": 3,
    "conversations.replies": 3, "files.completeUploadExternal": 4, "files.getUploadURLExternal": 4, "team.info": 3,
    "usergroups.list": 2, "usergroups.users.list": 2, "users.info": 4, "users.lookupByEmail": 3, "views.open": 4,
    "views.publish": 4, "views.push": 4, "views.update": 4,
}  # fmt: skip


class RateLimiter:
    """Per method and minute by tier; messages besides by channel and second. Calls that are refused do not count."""

    def __init__(self, rates: Rates, clock: Callable[[], float]) -> None:
        self.rates = rates
        self.clock = clock
        self._minutes: dict[str, deque[float]] = defaultdict(deque)
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, method: str, channel: str | None) -> int | None:
        """Seconds to wait when the call is over a limit, None when it may pass (and is counted)."""
        if not self.rates.enabled:
            return None
        if method == "chat.postMessage":
            return self._bucket(channel or "") or self._window(method, self.rates.post_per_minute)
        tier = TIERS.get(method)
        return None if tier is None else self._window(method, self.rates.tiers[tier])

    def _window(self, method: str, most: float) -> int | None:
        now, calls = self.clock(), self._minutes[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= most * self.rates.scale:
            return max(1, math.ceil(calls[0] + 60 - now))
        calls.append(now)
        return None

    def _bucket(self, channel: str) -> int | None:
        now, rate = self.clock(), self.rates.post_per_second * self.rates.scale
        most = max(1.0, self.rates.post_burst * self.rates.scale)
        level, then = self._buckets.get(channel, (most, now))
        level = min(most, level + (now - then) * rate)
        if level < 1:
            self._buckets[channel] = (level, now)
            return max(1, math.ceil((1 - level) / rate))
        self._buckets[channel] = (level - 1, now)
        return None
