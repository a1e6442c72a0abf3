"""How the gateway packs what it sends: plain text, zlib-stream or zstd-stream, as its address asks."""

import importlib
import zlib
from typing import Any, Protocol


class Compressor(Protocol):
    def pack(self, text: str) -> str | bytes: ...


class Plain:
    def pack(self, text: str) -> str:
        return text


class ZlibStream:
    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def pack(self, text: str) -> bytes:
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """Needs Python 3.14's compression.zstd or the zstandard package, as discord.py itself does."""

    def __init__(self) -> None:
        self._pack: Any
        try:
            module: Any = importlib.import_module("compression.zstd")
            stream = module.ZstdCompressor()
            self._pack = lambda data: stream.compress(data, mode=stream.FLUSH_BLOCK)
        except ModuleNotFoundError:
            module = importlib.import_module("zstandard")
            older = module.ZstdCompressor().compressobj()
            self._pack = lambda data: older.compress(data) + older.flush(module.COMPRESSOBJ_FLUSH_BLOCK)

    def pack(self, text: str) -> bytes:
        packed: bytes = self._pack(text.encode())
        return packed


COMPRESSORS: dict[str, type[Compressor]] = {"": Plain, "zlib-stream": ZlibStream, "zstd-stream": ZstdStream}
