"""Blocking calls in threads that may be left behind.

A call that hangs in the system or in a driver cannot be stopped from outside. The event loop's own executor would
wait for it when the program ends; these threads are daemons, so nobody ever waits for them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T], stop: Callable[[], object] | None = None) -> T:
    """What `work` returns or raises, run in a thread of its own.

    When the caller is cancelled, `stop` is called, if given, and the thread is left to end whenever it will.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(put: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            put(value)

    def run() -> None:
        try:
            answer = partial(deliver, future.set_result, work())
        except Exception as reason:
            answer = partial(deliver, future.set_exception, reason)
        with suppress(RuntimeError):  # the loop has ended without us
            loop.call_soon_threadsafe(answer)

    threading.Thread(target=run, daemon=True, name="readiness-call").start()
    try:
        return await future
    except asyncio.CancelledError:
        if stop is not None:
            stop()
        raise
