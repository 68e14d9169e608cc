"""The program that stands in for ``gcloud``, a hundred times in a script: it imports what the interpreter holds."""

from __future__ import annotations

import marshal
import os
import sys

_NUMBER = "1234567890"
_ALWAYS_THERE = ("projects", "kms keys", "compute networks subnets")
_UNKNOWN_AT_FIRST = 2
"""Grants to a new account that fail, as its name takes a while to be known."""


def read(path: str) -> dict:
    """Return the state of a project, which is empty as long as there is no file."""
    if os.path.exists(path):
        with open(path, "rb") as file:
            return marshal.load(file)
    return {"things": {}, "grants": [], "services": [], "patience": {}, "calls": 0, "fail_at": 0}


def write(path: str, state: dict) -> None:
    """Keep the state of a project."""
    with open(path, "wb") as file:
        marshal.dump(state, file)


def main(folder: str, words: list[str]) -> int:
    """Carry out one call and return its exit code."""
    with open(f"{folder}/calls", "a") as log:
        log.write(f"{['gcloud', *words]!r}\n")
    path = f"{folder}/state"
    state = read(path)
    state["calls"] += 1
    if state["calls"] == state["fail_at"]:
        problem: str | None = "the connection broke"
    else:
        problem = _carry_out(state, words)
    write(path, state)
    if problem:
        sys.stderr.write(f"ERROR: {problem}\n")
    return 1 if problem else 0


def _carry_out(state: dict, words: list[str]) -> str | None:
    """Change the state, and return why it was refused."""
    plain = [word for word in words if not word.startswith("--")]
    flags = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    if plain[:2] == ["services", "enable"]:
        state["services"] = sorted({*state["services"], *plain[2:]})
        return None
    if plain[:2] == ["projects", "describe"]:
        sys.stdout.write(f"{_NUMBER}\n")
        return None
    if plain == ["storage", "service-agent"]:
        member = f"serviceAccount:service-{_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
        return _grant(state, flags["authorize-cmek"], member, "roles/cloudkms.cryptoKeyEncrypterDecrypter")
    verbs = ("describe", "create", "update", "add-iam-policy-binding")
    [at] = [number for number, word in enumerate(plain) if word in verbs]
    kind, verb, name = " ".join(plain[:at]), plain[at], plain[at + 1]
    things = state["things"].setdefault(kind, {})
    if kind == "iam service-accounts" and verb == "create":
        name = f"{name}@{flags['project']}.iam.gserviceaccount.com"
        state["patience"][name] = _UNKNOWN_AT_FIRST
    is_there = name in things or kind in _ALWAYS_THERE
    if verb == "create":
        if is_there:
            return f"{name} already exists"
        topic = flags.get("topic")
        if topic is not None and topic not in state["things"].get("pubsub topics", {}):
            return f"{topic} does not exist"
        things[name] = flags
        return None
    if not is_there:
        return f"{name} does not exist"
    if verb == "update":
        for flag, value in flags.items():
            things[name][flag] = _parsed(value) if flag.endswith("-file") else value
    elif verb == "add-iam-policy-binding":
        return _grant(state, name, flags["member"], flags["role"])
    return None


def _parsed(path: str) -> object:
    import json

    with open(path) as file:
        return json.load(file)


def _grant(state: dict, name: str, member: str, role: str) -> str | None:
    account = member.partition(":")[2]
    if member.startswith("serviceAccount:phase6-"):
        if account not in state["things"].get("iam service-accounts", {}):
            return f"{account} does not exist"
        if state["patience"].get(account):
            state["patience"][account] -= 1
            return f"{account} does not exist"
    if [name, member, role] not in state["grants"]:
        state["grants"].append([name, member, role])
    return None


if __name__ == "__main__":
    sys.exit(main(os.path.dirname(sys.argv[0]), sys.argv[1:]))
