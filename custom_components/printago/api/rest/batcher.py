"""Batches calls that Printago accepts as a list: calls within 50 ms are sent as one request.

Without it, a hundred buttons pressed together would be a hundred requests, more than the quota of a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping

from ..exceptions import NotAppliedError, PrintagoError

GATHER_SECONDS = 0.05
CLOSE_SECONDS = 1.5


class Batcher[K: Hashable, R]:
    """Collects IDs by the change to make.

    ``send`` is called once for a key and all collected IDs. It returns, for each ID in the response, its record or its
    error.
    """

    def __init__(self, send: Callable[[K, list[str]], Awaitable[Mapping[str, R | PrintagoError]]]) -> None:
        """Send batches with ``send``."""
        self._send = send
        self._waiting: dict[K, dict[str, asyncio.Future[R]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, key: K, identifier: str) -> R:
        """Make the change for one ID, together with other calls at the same time.

        Raises what ``send`` raises, and NotAppliedError if the response does not name the ID. Canceling one call does
        not affect the others.
        """
        batch = self._waiting.get(key)
        if batch is None:
            batch = self._waiting[key] = {}
            task = asyncio.get_running_loop().create_task(self._send_soon(key, batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        future = batch.get(identifier)
        if future is None:
            future = batch[identifier] = asyncio.get_running_loop().create_future()
            # All callers may have been canceled by now; then nothing awaits the error.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Not shielded: asyncio reports an error that comes after the caller was canceled.
        await asyncio.wait({future})
        return future.result()

    async def close(self) -> None:
        """Wait a moment for pending calls; slower ones end by themselves."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)

    async def _send_soon(self, key: K, batch: dict[str, asyncio.Future[R]]) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        del self._waiting[key]
        try:
            answers = await self._send(key, list(batch))
        except asyncio.CancelledError:
            for future in batch.values():
                future.cancel()
            raise
        except Exception as err:  # noqa: BLE001, it is for whoever asked to handle
            for future in batch.values():
                future.set_exception(err)
            return
        for identifier, future in batch.items():
            answer = answers.get(identifier, NotAppliedError("the answer does not name it"))
            if isinstance(answer, PrintagoError):
                future.set_exception(answer)
            else:
                future.set_result(answer)
