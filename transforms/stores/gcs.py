"""Objects in a bucket of Google Cloud Storage."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import google_crc32c
from google.api_core import exceptions
from google.cloud import storage

from transforms.clients.process_clients import ProcessClients
from transforms.clients.retries import PATIENT, Attempts, Kind, RetryPolicy, kind_of, message_of
from transforms.clients.session import NO_ANSWER, CredentialsError, ForeignAnswerError, unanswered
from transforms.stores.gcs_client import GcsClient, GcsSettings
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoredObject, StoreError, validate_path

GCS_ENDPOINT = "https://storage.googleapis.com"

_REREADS = 50
"""How often an object is read again that changes while it is read; a tenth of that when it arrives damaged."""

_LISTED = "nextPageToken,items(name,generation,size,contentType,cacheControl,metadata,crc32c)"

_PERMISSIONS = tuple(f"storage.objects.{action}" for action in ("create", "delete", "get", "list"))
"""What a run needs; an overwrite takes the first two."""
_NO_GENERATION = 1
"""No object has it: generations are microseconds."""


_CLIENTS: ProcessClients[GcsSettings, GcsClient] = ProcessClients(GcsClient)


@dataclass(frozen=True)
class GcsStore:
    """Objects below a prefix of a bucket.

    An object is written with one request, which carries its content, type, cache control, metadata and checksum, so
    that the service refuses what was damaged on the way (above 8 MiB, the client resumes an upload in several
    requests). What is read is checked against it as well.

    A request whose outcome is unknown is sent again. Where it has a precondition, the
    first try may be why it does not hold for the second: the object is then compared with what was to be written. Two
    writers of the very same object may therefore both be told that they wrote it.

    Attributes:
        bucket: Name of the bucket, which must exist.
        prefix: Where objects are, without slashes at its ends; empty for the bucket's root.
        concurrency: Requests that are worth having in flight from one process.
        endpoint: URL of an emulator, which is sent no credentials; empty for the service itself.
        retry: Waits between the tries of a request.
    """

    bucket: str
    prefix: str = ""
    concurrency: int = 32
    endpoint: str = ""
    retry: RetryPolicy = PATIENT

    def check(self) -> None:
        """Raise :class:`StoreError` when objects cannot be written here; no reader ever sees anything of it.

        The service is asked which permissions are held on the bucket. Where it does not list all of them, they may
        still be granted on the prefix, and an emulator may not know the question. Then each kind of request is made
        on an object that does not exist, the upload on a generation that cannot be there: the service refuses a request
        that is not permitted, and finds nothing for one that is.
        """
        refusals = [] if self._has_all_permissions() else list(self._refusals())
        if not refusals:
            refusals.extend(self._retention())
        if refusals:
            raise StoreError(*dict.fromkeys(refusals))

    def close(self) -> None:
        """Close the connections of this process; the next call opens new ones."""
        _CLIENTS.close(self._settings)

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
        """Write an object and return its generation; see :class:`~transforms.stores.protocol.Store`."""
        name = self._name(validate_path(path))
        with self._asking("write", name) as attempts:
            blob = self._blob(name)
            blob.cache_control = cache_control
            blob.metadata = dict(metadata or {})
            try:
                blob.upload_from_string(
                    content,
                    content_type=content_type,
                    if_generation_match=if_generation,
                    checksum="crc32c",
                    retry=attempts,
                )
            except exceptions.PreconditionFailed:
                found = self._described(path) if attempts.unsure else None
                wanted = (len(content), _checksum(content), content_type, cache_control, dict(metadata or {}))
                if found is None or wanted != _description(found):
                    raise _mismatch(path, if_generation) from None
                blob = found
        if blob.crc32c != _checksum(content):
            raise StoreError(f"{self._url(name)} is not what was sent; write it again")
        return int(blob.generation)

    def stat(self, path: str) -> StoredObject | None:
        """Return what is known about an object; None when there is none."""
        found = self._described(validate_path(path))
        return None if found is None else _stored(path, found)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object's content and what is known about it, both of one generation; None when there is none.

        Takes two requests, because the one that answers with the content does not tell the metadata.
        """
        name = self._name(validate_path(path))
        changed = damaged = 0
        while max(changed, 10 * damaged) < _REREADS:
            found = self._described(path)
            if found is None:
                return None
            content = self._content(name, found.generation)
            if content is None:
                changed += 1
                continue
            # What somebody else stored compressed arrives decompressed.
            if found.content_encoding or _checksum(content) == found.crc32c:
                return content, _stored(path, found)
            damaged += 1
        reason = "what arrives does not match its checksum" if damaged else "it changes faster than it can be read"
        raise StoreError(f"cannot read {self._url(name)}: {reason}; run again")

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the objects whose path starts with ``prefix``, in path order."""
        if prefix:
            validate_path(prefix.removesuffix("/"))
        root = self._name("")
        with self._asking("list", root + prefix) as attempts:
            found = self._bucket.list_blobs(
                prefix=root + prefix, delimiter=None if recursive else "/", fields=_LISTED, retry=attempts
            )
            for blob in found:
                path = blob.name[len(root) :]
                if _is_object(path):
                    yield _stored(path, blob)

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object; nothing happens when there is none."""
        name = self._name(validate_path(path))
        with self._asking("delete", name) as attempts:
            try:
                self._blob(name).delete(if_generation_match=if_generation, retry=attempts)
            except exceptions.PreconditionFailed:
                raise _mismatch(path, if_generation) from None
            except exceptions.NotFound as error:
                if _lacks_bucket(error):
                    raise

    def now(self) -> datetime | None:
        """Return the time that the service stamps on an answer; see :class:`~transforms.stores.protocol.Store`."""
        with self._asking("list", self._name("")) as attempts:
            session = self._client.session
            url = self._client.client._connection.build_api_url(
                f"{self._bucket.path}/o",
                {"prefix": self._name(""), "maxResults": 1, "fields": "nextPageToken"},
            )

            def ask() -> str:
                answer = session.request("GET", url)
                if answer.status_code != 200:
                    raise exceptions.from_http_response(answer)
                return str(answer.headers.get("Date", ""))

            stamped = attempts(ask)()
        try:
            return parsedate_to_datetime(stamped).astimezone(timezone.utc)
        except ValueError:
            return None

    def url(self, path: str) -> str:
        """Return the object's public URL."""
        return f"{self.endpoint or GCS_ENDPOINT}/{self.bucket}/{quote(self._name(validate_path(path)))}"

    @property
    def _settings(self) -> GcsSettings:
        return GcsSettings(self.endpoint or GCS_ENDPOINT, bool(self.endpoint), self.concurrency, self.retry)

    @property
    def _client(self) -> GcsClient:
        return _CLIENTS.get(self._settings)

    @property
    def _bucket(self) -> storage.Bucket:
        return self._client.client.bucket(self.bucket)

    def _blob(self, name: str) -> storage.Blob:
        return self._bucket.blob(name)

    def _name(self, path: str) -> str:
        return f"{self.prefix}/{path}" if self.prefix else path

    def _url(self, name: str) -> str:
        return f"gs://{self.bucket}/{name}"

    def _has_all_permissions(self) -> bool:
        """Whether the service says that every permission that is needed is held on the whole bucket."""
        with self._asking("read", self.prefix) as attempts:
            try:
                held = self._bucket.test_iam_permissions(_PERMISSIONS, retry=attempts)
            except (exceptions.GoogleAPICallError, ValueError, AttributeError) as error:
                if kind_of(error) is not Kind.PERMANENT:
                    raise
                return False
        return set(_PERMISSIONS) <= set(held)

    def _refusals(self) -> Iterator[str]:
        """Yield why requests are refused, one line for each kind of request; a missing bucket is named once."""
        probe = self._name(f".check-{os.urandom(16).hex()}")
        blob = self._blob(probe)
        calls: dict[str, Callable[[Attempts], object]] = {
            "write": lambda attempts: blob.upload_from_string(
                b"{}", content_type="application/json", if_generation_match=_NO_GENERATION, retry=attempts
            ),
            "read": lambda attempts: blob.reload(retry=attempts),
            "list": lambda attempts: list(self._bucket.list_blobs(prefix=probe, fields=_LISTED, retry=attempts)),
            "overwrite and delete": lambda attempts: blob.delete(retry=attempts),
        }
        for action, call in calls.items():
            try:
                with self._asking(action, self.prefix) as attempts, suppress(exceptions.PreconditionFailed):
                    call(attempts)
            except StoreError as error:
                refused = error.__cause__
                lost = isinstance(refused, exceptions.NotFound) and _lacks_bucket(refused, action)
                if lost or not isinstance(refused, exceptions.NotFound):
                    yield str(error)
                if lost or not isinstance(refused, exceptions.GoogleAPICallError):
                    return

    def _retention(self) -> Iterator[str]:
        """Yield that objects may not be overwritten, if the bucket's description may be seen and says so."""
        bucket = self._bucket
        try:
            with self._asking("read", self.prefix) as attempts:
                bucket.reload(retry=attempts)
        except StoreError:
            return
        if bucket.retention_period:
            yield (
                f"cannot overwrite {self._url(self.prefix)}: its retention policy keeps objects for "
                f"{bucket.retention_period} seconds; remove the policy or choose another bucket"
            )

    def _described(self, path: str) -> storage.Blob | None:
        name = self._name(path)
        with self._asking("read", name) as attempts:
            blob = self._blob(name)
            try:
                blob.reload(retry=attempts)
            except exceptions.NotFound as error:
                if _lacks_bucket(error):
                    raise
                return None
            return blob

    def _content(self, name: str, generation: int) -> bytes | None:
        """Return the content of a generation of an object; None when that is gone."""
        with self._asking("read", name) as attempts:
            # A new value, without the media link of the description: that names the service's own host.
            blob = self._bucket.blob(name, generation=generation)
            try:
                content: bytes = blob.download_as_bytes(checksum=None, retry=attempts)
            except exceptions.NotFound:
                return None
            return content

    @contextmanager
    def _asking(self, action: str, name: str) -> Iterator[Attempts]:
        """Yield the tries of a call, and turn what goes wrong with it into a :class:`StoreError`."""
        try:
            attempts = self._client.attempts()
        except CredentialsError as error:
            raise StoreError(f"cannot reach gs://{self.bucket}: {error}") from error
        try:
            yield attempts
        except exceptions.GoogleAPICallError as error:
            raise self._refusal(error, attempts, action, name) from error
        except NO_ANSWER as error:
            raise StoreError(
                f"cannot reach gs://{self.bucket}: {unanswered(self._settings.endpoint, attempts, error)}"
            ) from error
        except (ForeignAnswerError, TypeError, KeyError, AttributeError) as error:
            # A proxy on the way may answer with a page of its own, and with success.
            said = str(error) if isinstance(error, ForeignAnswerError) else "lacks what it should tell"
            raise StoreError(
                f"cannot {action} {self._url(name)}: the answer is not that of Cloud Storage, but {said}; "
                "check the proxy on the way there, and run again"
            ) from error

    def _refusal(self, error: exceptions.GoogleAPICallError, attempts: Attempts, action: str, name: str) -> StoreError:
        message = message_of(error)
        if isinstance(error, exceptions.NotFound) and _lacks_bucket(error, action):
            reason, fix = f"there is no bucket {self.bucket}", "create it or choose another"
        elif kind_of(error) is not Kind.PERMANENT:
            reason, fix = f"{message} ({attempts})", "run again"
        elif error.code == 401 or "does not have" in message or "denied" in message:
            reason, fix = message, f"grant roles/storage.objectUser on gs://{self.bucket} to whoever runs this"
        else:
            reason, fix = message, "change that or choose another bucket"
        return StoreError(f"cannot {action} {self._url(name)}: {reason}; {fix}")


def _checksum(content: bytes) -> str:
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()


def _stored(path: str, blob: storage.Blob) -> StoredObject:
    return StoredObject(
        path=path,
        generation=int(blob.generation),
        size=int(blob.size),
        content_type=blob.content_type or "application/octet-stream",
        cache_control=blob.cache_control or "",
        metadata=blob.metadata or {},
    )


def _description(blob: storage.Blob) -> tuple[Any, ...]:
    """Return what a write decides about an object."""
    shown = _stored("", blob)
    return shown.size, blob.crc32c, shown.content_type, shown.cache_control, shown.metadata


def _is_object(path: str) -> bool:
    """Tell whether a name that is in the bucket could have been written here; consoles put folder markers there."""
    try:
        validate_path(path)
    except ValueError:
        return False
    return True


def _lacks_bucket(error: exceptions.NotFound, action: str = "") -> bool:
    # An object that is missing is "No such object: bucket/name". To write and to list takes none.
    return action in ("write", "list") or "specified bucket" in message_of(error)


def _mismatch(path: str, if_generation: int | None) -> GenerationMismatch:
    wanted = "absent" if if_generation == ABSENT else f"at generation {if_generation}"
    return GenerationMismatch(f"object {path} is not {wanted}: read it and decide again")
