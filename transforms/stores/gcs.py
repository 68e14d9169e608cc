"""Objects in a bucket of Google Cloud Storage."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

import google_crc32c
import orjson

from transforms.clients.backoff import PATIENT, Backoff
from transforms.clients.google_rest import Answer, RestClient, RestError, RestSettings
from transforms.clients.process_clients import ProcessClients
from transforms.clients.throttling import GCS
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoredObject, StoreError, validate_path

GCS_ENDPOINT = "https://storage.googleapis.com"

_REREADS = 50
"""How often an object is read again that changes while it is read; a tenth of that when it arrives damaged."""

_FIELDS = "name,generation,size,contentType,cacheControl,metadata,crc32c,contentEncoding"

_PERMISSIONS = tuple(f"storage.objects.{action}" for action in ("create", "delete", "get", "list"))
"""What a run needs; an overwrite takes the first two."""
_NO_GENERATION = 1
"""No object has it: generations are microseconds."""

_CLIENTS: ProcessClients[RestSettings, RestClient] = ProcessClients(RestClient)


@dataclass(frozen=True)
class GcsStore:
    """Objects below a prefix of a bucket.

    An object is written with one request, which carries its content, type, cache control, metadata and checksum, so
    that the service refuses what was damaged on the way. What is read is checked against it as well.

    A request whose outcome is unknown is sent again. Where it has a precondition, the
    first try may be why it does not hold for the second: the object is then compared with what was to be written. Two
    writers of the very same object may therefore both be told that they wrote it.

    Attributes:
        bucket: Name of the bucket, which must exist.
        prefix: Where objects are, without slashes at its ends; empty for the bucket's root.
        concurrency: Requests that are worth having in flight from one process.
        endpoint: URL of an emulator, which is sent no credentials; empty for the service itself.
        backoff: Waits between the tries of a request.
    """

    bucket: str
    prefix: str = ""
    concurrency: int = 32
    endpoint: str = ""
    backoff: Backoff = PATIENT

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
        described = {"contentType": content_type, "cacheControl": cache_control, "metadata": dict(metadata or {})}
        answer = self._upload(name, content, described, if_generation)
        if answer.status == 412:
            found = self._described(path) if answer.unsure else None
            if found is None or not _is_same(found, content, described):
                raise _mismatch(path, if_generation)
        else:
            found = self._checked(answer, "write", name).json()
            if found["crc32c"] != _checksum(content):
                raise StoreError(f"{self._url(name)} is not what was sent; write it again")
        return int(found["generation"])

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
            query = {"alt": "media", "generation": found["generation"]}
            answer = self._request("GET", self._object(name), query=query)
            if answer.status == 404:
                changed += 1
                continue
            content = self._checked(answer, "read", name).body
            # What somebody else stored compressed may arrive decompressed.
            if found.get("contentEncoding") or _checksum(content) == found["crc32c"]:
                return content, _stored(path, found)
            damaged += 1
        reason = "what arrives does not match its checksum" if damaged else "it changes faster than it can be read"
        raise StoreError(f"cannot read {self._url(name)}: {reason}; run again")

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the objects whose path starts with ``prefix``, in path order."""
        if prefix:
            validate_path(prefix.removesuffix("/"))
        root = self._name("")
        query = {"prefix": root + prefix, "fields": f"nextPageToken,items({_FIELDS})"}
        if not recursive:
            query["delimiter"] = "/"
        while True:
            answer = self._request("GET", self._objects, query=query)
            page = self._checked(answer, "list", root + prefix).json()
            for found in page.get("items", ()):
                path = found["name"][len(root) :]
                if _is_object(path):
                    yield _stored(path, found)
            if "nextPageToken" not in page:
                return
            query["pageToken"] = page["nextPageToken"]

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object; nothing happens when there is none."""
        name = self._name(validate_path(path))
        query = {} if if_generation is None else {"ifGenerationMatch": str(if_generation)}
        answer = self._request("DELETE", self._object(name), query=query)
        if answer.status == 412:
            raise _mismatch(path, if_generation)
        if answer.status == 404 and not _lacks_bucket(answer):
            return
        if answer.status != 204:
            self._checked(answer, "delete", name)

    def now(self) -> datetime | None:
        """Return the time that the service stamps on an answer; see :class:`~transforms.stores.protocol.Store`."""
        query = {"prefix": self._name(""), "maxResults": "1", "fields": "nextPageToken"}
        stamped = self._checked(self._request("GET", self._objects, query=query), "list", self._name("")).date
        try:
            return parsedate_to_datetime(stamped).astimezone(timezone.utc)
        except ValueError:
            return None

    def url(self, path: str) -> str:
        """Return the object's public URL."""
        return f"{self.endpoint or GCS_ENDPOINT}/{self.bucket}/{quote(self._name(validate_path(path)))}"

    @property
    def _settings(self) -> RestSettings:
        return RestSettings(
            endpoint=self.endpoint or GCS_ENDPOINT,
            anonymous=bool(self.endpoint),
            connections=self.concurrency,
            backoff=self.backoff,
            service=GCS,
        )

    @property
    def _bucket(self) -> str:
        return f"/storage/v1/b/{quote(self.bucket, safe='')}"

    @property
    def _objects(self) -> str:
        return f"{self._bucket}/o"

    def _object(self, name: str) -> str:
        return f"{self._objects}/{quote(name, safe='')}"

    def _name(self, path: str) -> str:
        return f"{self.prefix}/{path}" if self.prefix else path

    def _url(self, name: str) -> str:
        return f"gs://{self.bucket}/{name}"

    def _has_all_permissions(self) -> bool:
        """Whether the service says that every permission that is needed is held on the whole bucket."""
        query = urlencode([("permissions", permission) for permission in _PERMISSIONS])
        answer = self._request("GET", f"{self._bucket}/iam/testPermissions?{query}")
        if answer.status != 200:
            return False
        try:
            held = answer.json().get("permissions", ())
        except (ValueError, AttributeError):
            return False
        return set(_PERMISSIONS) <= set(held)

    def _refusals(self) -> Iterator[str]:
        """Yield why requests are refused, one line for each kind of request; a missing bucket is named once."""
        probe = self._name(f".check-{os.urandom(16).hex()}")
        written = self._upload(probe, b"{}", {"contentType": "application/json"}, _NO_GENERATION)
        answers = {
            "write": (written, (412,)),
            "read": (self._request("GET", self._object(probe), query={"fields": "name"}), (404,)),
            "list": (self._request("GET", self._objects, query={"prefix": probe, "fields": "items/name"}), ()),
            "overwrite and delete": (self._request("DELETE", self._object(probe)), (204, 404)),
        }
        for action, (answer, allowed) in answers.items():
            lost = _lacks_bucket(answer, action)
            if lost or answer.status not in (200, *allowed):
                yield str(self._refusal(answer, action, self.prefix))
            if lost:
                return

    def _retention(self) -> Iterator[str]:
        """Yield that objects may not be overwritten, if the bucket's description may be seen and says so."""
        answer = self._request("GET", self._bucket, query={"fields": "retentionPolicy"})
        policy = answer.json().get("retentionPolicy") if answer.status == 200 else None
        if policy and int(policy.get("retentionPeriod", 0)):
            yield (
                f"cannot overwrite {self._url(self.prefix)}: its retention policy keeps objects for "
                f"{policy['retentionPeriod']} seconds; remove the policy or choose another bucket"
            )

    def _described(self, path: str) -> dict[str, Any] | None:
        name = self._name(path)
        answer = self._request("GET", self._object(name), query={"fields": _FIELDS})
        if answer.status == 404 and not _lacks_bucket(answer):
            return None
        found: dict[str, Any] = self._checked(answer, "read", name).json()
        return found

    def _upload(self, name: str, content: bytes, described: Mapping[str, Any], if_generation: int | None) -> Answer:
        resource = {"name": name, "crc32c": _checksum(content), **described}
        # Random, so that no content can hold it.
        boundary = os.urandom(16).hex()
        body = b"".join(
            (
                f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n".encode(),
                orjson.dumps(resource),
                f"\r\n--{boundary}\r\nContent-Type: {described['contentType']}\r\n\r\n".encode(),
                content,
                f"\r\n--{boundary}--\r\n".encode(),
            )
        )
        query = {"uploadType": "multipart", "fields": _FIELDS}
        if if_generation is not None:
            query["ifGenerationMatch"] = str(if_generation)
        return self._request(
            "POST",
            f"/upload{self._objects}",
            query=query,
            body=body,
            content_type=f"multipart/related; boundary={boundary}",
        )

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "",
    ) -> Answer:
        try:
            client = _CLIENTS.get(self._settings)
            return client.request(method, path, query=query, body=body, content_type=content_type)
        except RestError as error:
            raise StoreError(f"cannot reach gs://{self.bucket}: {error}") from error

    def _checked(self, answer: Answer, action: str, name: str) -> Answer:
        """Return an answer that is what was asked for."""
        if answer.status != 200:
            raise self._refusal(answer, action, name)
        return answer

    def _refusal(self, answer: Answer, action: str, name: str) -> StoreError:
        if _lacks_bucket(answer, action):
            reason, fix = f"there is no bucket {self.bucket}", "create it or choose another"
        elif answer.tries:
            reason, fix = answer.message, "run again"
        elif answer.status == 401 or "does not have" in answer.message or "denied" in answer.message:
            fix = f"grant roles/storage.objectUser on gs://{self.bucket} to whoever runs this"
            reason = answer.message
        else:
            reason, fix = answer.message, "change that or choose another bucket"
        return StoreError(f"cannot {action} {self._url(name)}: {reason}; {fix}")


def _checksum(content: bytes) -> str:
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()


def _stored(path: str, found: Mapping[str, Any]) -> StoredObject:
    return StoredObject(
        path=path,
        generation=int(found["generation"]),
        size=int(found["size"]),
        content_type=found.get("contentType", "application/octet-stream"),
        cache_control=found.get("cacheControl", ""),
        metadata=found.get("metadata") or {},
    )


def _is_same(found: Mapping[str, Any], content: bytes, described: Mapping[str, Any]) -> bool:
    """Tell whether an object is just what was to be written."""
    if (int(found["size"]), found["crc32c"]) != (len(content), _checksum(content)):
        return False
    shown = _stored("", found)
    return (shown.content_type, shown.cache_control, shown.metadata) == tuple(described.values())


def _is_object(path: str) -> bool:
    """Tell whether a name that is in the bucket could have been written here; consoles put folder markers there."""
    try:
        validate_path(path)
    except ValueError:
        return False
    return True


def _lacks_bucket(answer: Answer, action: str = "") -> bool:
    # An object that is missing is "No such object: bucket/name". To write and to list takes none.
    return answer.status == 404 and (action in ("write", "list") or "specified bucket" in answer.message)


def _mismatch(path: str, if_generation: int | None) -> GenerationMismatch:
    wanted = "absent" if if_generation == ABSENT else f"at generation {if_generation}"
    return GenerationMismatch(f"object {path} is not {wanted}: read it and decide again")
