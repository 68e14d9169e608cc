"""Stores over other stores."""

from __future__ import annotations

from collections.abc import Mapping

from transforms.stores.protocol import Store, StoredObject


class WrappedStore:
    """Passes the calls that are about one object on to the store that holds it; see :class:`Store`."""

    def _holder(self, path: str) -> Store:
        """Return the store that holds an object; called before each call that is about it."""
        raise NotImplementedError

    def write(
        self,
        path: str,
        content: bytes,
        *,
        cache_control: str,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,
        if_generation: int | None = None,
    ) -> int:
        """Write an object and return its generation."""
        return self._holder(path).write(
            path,
            content,
            cache_control=cache_control,
            content_type=content_type,
            metadata=metadata,
            if_generation=if_generation,
        )

    def stat(self, path: str) -> StoredObject | None:
        """Return the metadata of an object; None when there is none."""
        return self._holder(path).stat(path)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object's content and metadata; None when there is none."""
        return self._holder(path).read(path)

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object; nothing happens when there is none."""
        self._holder(path).delete(path, if_generation=if_generation)

    def url(self, path: str) -> str:
        """Return where a person finds the object."""
        return self._holder(path).url(path)
