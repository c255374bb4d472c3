"""Faults of the process itself: what it holds, burns and says once a second."""

from __future__ import annotations

import hashlib
import logging
import os
import resource
import threading
import time

from examples.service.faults import MIB
from examples.service.kit import Kit
from examples.service.logs import FATAL
from examples.service.resources import cores

logger = logging.getLogger(__name__)

_CHUNK = 64 * MIB
_FILES_AT_ONCE = 20_000
_LINE = "x" * 1000


class Burdens:
    """What is being held for the faults that are on."""

    def __init__(self, kit: Kit) -> None:
        self._faults = kit.faults
        self._memory: list[bytearray] = []
        self._leaked: list[bytearray] = []
        self._files: list[int] = []
        self._burning: list[threading.Thread] = []

    async def carry(self) -> None:
        """Take up, or put down, what the faults say; once a second."""
        self._hold_memory()
        self._hold_files()
        self._burn()
        self._say()

    def _hold_memory(self) -> None:
        held, wanted = sum(map(len, self._memory)), int(self._faults.value("memory"))
        if wanted < held:
            self._memory.clear()
        elif wanted > held:  # written to, as the system gives no memory for what is only asked for
            self._memory.append(bytearray(b"\1") * min(wanted - held, _CHUNK))

        if leak := int(self._faults.value("memory_leak")):
            self._leaked.append(bytearray(b"\1") * leak)
        else:
            self._leaked.clear()

    def _hold_files(self) -> None:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = int(limit * self._faults.value("file_descriptors"))
        for _ in range(min(wanted - len(self._files), _FILES_AT_ONCE)):
            self._files.append(os.open(os.devnull, os.O_RDONLY))
        while len(self._files) > wanted:
            os.close(self._files.pop())

    def _burn(self) -> None:
        self._burning = [thread for thread in self._burning if thread.is_alive()]
        if self._faults.value("cpu") and not self._burning:
            count = max(1, round(cores()))
            self._burning = [threading.Thread(target=self._burn_core, daemon=True) for _ in range(count)]
            for thread in self._burning:
                thread.start()

    def _burn_core(self) -> None:
        while share := self._faults.value("cpu"):
            start = time.perf_counter()
            hashlib.pbkdf2_hmac("sha256", b"", b"", 50_000)  # without the interpreter's lock
            time.sleep((time.perf_counter() - start) * (1 / share - 1))

    def _say(self) -> None:
        logging.disable(FATAL if self._faults.value("silence") else logging.NOTSET)
        for _ in range(round(self._faults.value("log_flood") / len(_LINE))):
            logger.info(_LINE)
        for _ in range(round(self._faults.value("log_errors"))):
            logger.error("something went wrong that no metric tells of")
        for _ in range(round(self._faults.value("panic"))):
            logger.log(FATAL, "the program dies")
