"""Works out every size of ``docs/scale.md`` by simulation, and writes its tables and ``results.json``.

python -m benchmarks.scale.report            # prints the tables, from the recorded costs; seconds
python -m benchmarks.scale.report --record   # and writes results.json and docs/scale.md
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from benchmarks.bars import with_section
from benchmarks.processes import ROOT, conditions_line
from benchmarks.scale import prices
from benchmarks.scale.measure import COSTS, NIGHT
from benchmarks.scale.model import Units, calibrate, money, units_of, workloads
from benchmarks.scale.simulation import Fleet, simulate
from benchmarks.scale.watching import watching

RESULTS = ROOT / "benchmarks" / "scale" / "results.json"
PAGE = ROOT / "docs" / "scale.md"
SWEEP_VCPUS, SWEEP_BUCKETS = (50, 100, 200, 400, 800), (1, 10)
WATCHED = (1, 10, 100, 1000)
PLAYERS = (481, 5_000, 50_000)
SEASON_DATES = 174
"""Dates of a league's season, and so its manifests."""


def results_of(costs: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that the page shows, from measured costs."""
    units = units_of(costs)
    return {
        "conditions": costs["conditions"],
        "units": asdict(units),
        "calibration": [asdict(one) | {"ratio": one.ratio} for one in calibrate(costs)],
        "workloads": [_simulated(costs, units, *pair) for pair in workloads(costs)],
        "sweep": list(_sweep(costs, units)),
        "manifests": list(_manifests(costs)),
        "watching": _watching(),
    }


def _simulated(costs: Mapping[str, Any], units: Units, work: Any, fleet: Fleet) -> dict[str, Any]:
    run = simulate(work.steps(units, fleet), fleet)
    return {
        "name": work.name,
        "jobs": work.jobs,
        "vcpus": fleet.vcpus,
        "rows": work.rows,
        "read_bytes": work.read_bytes(units),
        "shuffled": work.shuffled(units),
        "documents": work.documents,
        "creates": work.creates,
        "reads": work.reads,
        "lists": work.lists,
        "manifests": work.dates,
        "stored": work.stored(units),
        "cpu": run.cpu,
        "seconds": run.seconds,
        "worker_hours": run.seconds / 3600 * fleet.vcpus,
        "refused": run.refused,
        "peak_creates": run.peak_creates,
        "bound": dict(run.bound.most_common()),
        "by_step": run.by_step,
        "dollars": money(work, units, fleet, run),
        "rerun_dollars": _rerun(costs, work.creates + work.lists),
    }


def _rerun(costs: Mapping[str, Any], created: float) -> float:
    """Return dollars of the requests of a rerun that changes nothing, as a share of what a night's rerun makes."""
    night = costs["cases"][NIGHT]
    first, again = (
        requests.get("creates", 0) + requests.get("lists", 0)
        for requests in (night["requests"], night["rerun_requests"])
    )
    return float(created * again / first / 1000 * prices.CLASS_A_1000)


def _sweep(costs: Mapping[str, Any], units: Units) -> Iterable[dict[str, Any]]:
    """Yield the largest workload with more and more workers, in one bucket and in ten."""
    (largest, _) = workloads(costs)[-1]
    for buckets in SWEEP_BUCKETS:
        for vcpus in SWEEP_VCPUS:
            fleet = Fleet(vcpus, prices.START_SECONDS, buckets)
            run = simulate(largest.steps(units, fleet), fleet)
            yield {
                "buckets": buckets,
                "vcpus": vcpus,
                "seconds": run.seconds,
                "peak_creates": run.peak_creates,
                "refused": run.refused,
                "bound": dict(run.bound.most_common()),
                "workers": money(largest, units, fleet, run)["workers"],
            }


def _manifests(costs: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yield the manifest of one date by the number of players; documents of a date grow with its players."""
    case = costs["cases"][NIGHT]
    each = case["manifest_bytes"] / case["dates"] / case["documents"]
    for players in PLAYERS:
        documents = case["documents"] * players / PLAYERS[0]
        yield {"players": players, "documents": documents, "bytes": documents * each}


def _watching() -> list[dict[str, Any]]:
    from pipeline.deployment.schedule_file import load_schedules

    schedules = load_schedules(now=datetime.now(timezone.utc))
    found = []
    for leagues in WATCHED:
        made = watching(leagues, schedules)
        found.append(asdict(made) | {"projects": made.projects, "season_manifests": leagues * SEASON_DATES})
    return found


def sections(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the page by the name of their section."""
    return {
        "units": f"{conditions_line(results['conditions'])}\n\n{_units(results['units'])}",
        "calibration": _table(
            ("what", "predicted", "measured", "predicted / measured"),
            [
                (c["what"], f"{c['predicted']:.1f}", f"{c['measured']:.1f}", f"{c['ratio']:.2f}")
                for c in results["calibration"]
            ],
        ),
        "workloads": _columns(results["workloads"], _WORK),
        "money": _columns(results["workloads"], _MONEY),
        "ramp": _table(
            (
                "buckets",
                "vCPUs",
                "hours",
                "creates a second, at most",
                "refused, tried again",
                "workers",
                "held up longest by",
            ),
            [
                (
                    str(one["buckets"]),
                    f"{one['vcpus']:,}",
                    f"{one['seconds'] / 3600:.1f}",
                    f"{one['peak_creates']:,.0f}",
                    f"{one['refused']:,.0f}",
                    f"${one['workers']:,.0f}",
                    next(iter(one["bound"])),
                )
                for one in results["sweep"]
            ],
        ),
        "manifests": _table(
            ("players of a league", "documents of a date", "its manifest"),
            [(f"{m['players']:,}", f"{m['documents']:,.0f}", _size(m["bytes"])) for m in results["manifests"]],
        ),
        "watching": _table(
            (
                *("leagues", "answers a day", "vCPU hours a day", "vCPUs in play", "read sessions a minute in play"),
                *("projects for them", "`status.json` a second", "CPU a day", "manifests a season"),
            ),
            [
                (
                    f"{w['leagues']:,}",
                    f"{w['answers']:,.0f}",
                    f"{w['cpu'] / 3600:,.1f}",
                    f"{w['peak_vcpus']:,.2f}",
                    f"{w['peak_sessions']:,.0f}",
                    str(w["projects"]),
                    f"{w['statuses']:,.3f}",
                    f"${w['dollars']:,.2f}",
                    f"{w['season_manifests']:,}",
                )
                for w in results["watching"]
            ],
        ),
    }


def _units(units: Mapping[str, float]) -> str:
    micro = (
        ("a row: read as Arrow, counted", "read_row"),
        ("a row: in the stages", "sweep_row"),
        ("a document: built and serialised", "build_document"),
        ("a document: guarded, digested, written, and its share of its date's end", "publish_document"),
        ("a request to GCS", "request"),
        ("a kilobyte through the graph's groupings, with all that a graph does besides", "shuffle_byte"),
    )
    rows = [
        (what, f"{1e6 * units[name] * (1000 if name == 'shuffle_byte' else 1):,.1f} µs CPU") for what, name in micro
    ]
    rows += [
        ("a process: started with Beam", f"{units['graph_start']:.2f} s CPU"),
        ("a row, as BigQuery counts it", f"{units['row_bytes']:,.0f} bytes"),
        ("a document", f"{units['document_bytes']:,.0f} bytes"),
        ("shuffled for a row", f"{units['shuffled_row']:,.0f} bytes"),
        ("shuffled for a document", f"{units['shuffled_document']:,.0f} bytes"),
    ]
    return _table(("one", "costs"), rows)


_WORK: tuple[tuple[str, Any], ...] = (
    ("jobs", lambda w: f"{w['jobs']}"),
    ("vCPUs", lambda w: f"{w['vcpus']:,}"),
    ("rows read", lambda w: f"{w['rows']:,.0f}"),
    ("bytes read", lambda w: _size(w["read_bytes"])),
    ("bytes shuffled", lambda w: _size(w["shuffled"])),
    ("documents", lambda w: f"{w['documents']:,.0f}"),
    ("creates", lambda w: f"{w['creates']:,.0f}"),
    ("reads of objects", lambda w: f"{w['reads']:,.0f}"),
    ("lists", lambda w: f"{w['lists']:,.0f}"),
    ("manifests", lambda w: f"{w['manifests']:,.0f}"),
    ("stored", lambda w: _size(w["stored"])),
    ("CPU hours worked", lambda w: f"{w['cpu'] / 3600:,.2f}"),
    ("vCPU hours paid", lambda w: f"{w['worker_hours']:,.2f}"),
    ("from launch to last object", lambda w: _time(w["seconds"])),
    ("creates a second, at most", lambda w: f"{w['peak_creates']:,.0f}"),
    ("creates refused, tried again", lambda w: f"{w['refused']:,.0f}"),
    ("held up longest by", lambda w: next(iter(w["bound"]))),
)
_MONEY: tuple[tuple[str, Any], ...] = (
    ("workers", lambda w: _dollars(w["dollars"]["workers"])),
    ("shuffle", lambda w: _dollars(w["dollars"]["shuffle"])),
    ("reading tables", lambda w: _dollars(w["dollars"]["reading tables"])),
    ("creates and lists", lambda w: _dollars(w["dollars"]["creates and lists"])),
    ("reads of objects", lambda w: _dollars(w["dollars"]["reads"])),
    ("**once, together**", lambda w: f"**{_dollars(sum(w['dollars'].values()) - w['dollars']['storage, a month'])}**"),
    ("storage, a month", lambda w: _dollars(w["dollars"]["storage, a month"])),
    ("creates and lists of a rerun that changes nothing", lambda w: _dollars(w["rerun_dollars"])),
)


def _columns(workloads: Sequence[Mapping[str, Any]], rows: Sequence[tuple[str, Any]]) -> str:
    head = ("", *(one["name"] for one in workloads))
    return _table(head, [(name, *(show(one) for one in workloads)) for name, show in rows])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _size(size: float) -> str:
    for unit, one in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= one:
            return f"{size / one:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"


def _dollars(amount: float) -> str:
    if amount < 0.0001:
        return "under $0.0001"
    return f"${amount:,.2f}" if amount >= 0.1 else f"${amount:.4f}"


def page_of(page: str, results: Mapping[str, Any]) -> str:
    """Return the page with the tables of some results."""
    for name, made in sections(results).items():
        page = with_section(page, name, made)
    return page


def record() -> None:
    """Write the results and the page from the recorded costs."""
    results = results_of(json.loads(COSTS.read_text()))
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    PAGE.write_text(page_of(PAGE.read_text(), results))


def main() -> None:
    """Work it out, print it, and record it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write results.json and the page")
    if parser.parse_args().record:
        record()
    for name, made in sections(results_of(json.loads(COSTS.read_text()))).items():
        print(f"\n{name}\n\n{made}")


if __name__ == "__main__":
    main()
