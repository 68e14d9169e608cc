"""What speaks for a recommendation, and what may matter tonight, in words."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
DIRECTIONS = ((5, "elite", "negative"), (10, "good", "negative"), (20, "average", "neutral"))


def reasons(night: Json, overs: int, unders: int) -> list[str]:
    """Return what speaks for the recommendation of a card."""
    if night["recommendation"] not in ("OVER", "UNDER"):
        return []
    is_over = night["recommendation"] == "OVER"
    found = []
    edge = night["points"] - night["line"]
    if (edge > 0) == is_over and abs(edge) >= 50:
        found.append(f"Strong model conviction ({abs(edge) / 10:.1f} point edge)")
    elif (edge > 0) == is_over and abs(edge) >= 30:
        found.append(f"Solid model edge ({abs(edge) / 10:.1f} points)")
    ours, theirs = (overs, unders) if is_over else (unders, overs)
    if overs + unders >= 5 and ours > theirs:
        if ours >= 7:
            found.append(f"{'Hot over' if is_over else 'Cold under'} streak: {overs}-{unders} last 10")
        elif ours >= 5:
            found.append(f"Trending {'over' if is_over else 'under'}: {overs}-{unders} last 10")
    rest, level = night["days_rest"], night["level"]
    if is_over:
        if level == "fresh" or (rest is not None and rest >= 3):
            found.append("Well-rested, favors performance")
    elif night["back_to_back"] or rest == 1:
        found.append("Back-to-back fatigue risk")
    elif level == "tired":
        found.append("Elevated fatigue risk")
    if night["form"] == ("Hot" if is_over else "Cold"):
        difference = f"{(night['last_5_ppg'] - night['season_ppg']) / 10:+.1f}"
        found.append(f"{'Scoring surge' if is_over else 'Recent slump'}: {difference} vs season avg")
    return found


def factors(night: Json) -> list[Json]:
    """Return what may matter tonight."""
    found: list[Json] = []

    def add(factor: Json, split: str, text: str) -> None:
        percent, rate = night[f"{split}_percent"], night[f"{split}_rate"]
        if percent is not None:
            text += f", {percent}% OVER"
        found.append({**factor, "vs_line_pct": None if rate is None else rate / 1000, "description": text})

    tired, normal = night["back_to_back_ppg"], night["normal_ppg"]
    if night["back_to_back"] and tired is not None and normal is not None:
        impact = tired - normal
        direction = "neutral" if impact == 0 else "negative" if impact < 0 else "positive"
        add(
            {"factor": "back_to_back", "direction": direction, "impact": impact / 10},
            "back_to_back",
            f"B2B: averages {tired / 10:.1f} vs {normal / 10:.1f} normally ({impact / 10:+.1f})",
        )
    if night["is_home"] is not None:
        place = "home" if night["is_home"] else "away"
        games = night[f"{place}_n"] or 0
        if games >= 3:
            text = f"Averages {night[f'{place}_ppg'] / 10:.1f} on the {place} ({games} games)"
            add({"factor": "location", "direction": "neutral"}, place, text)
    opponent = night["opponent_team_abbr"]
    if night["vs_n"]:
        text = f"Averages {night['vs_ppg'] / 10:.1f} vs {opponent} ({night['vs_n']} games)"
        add({"factor": "vs_opponent", "direction": "neutral"}, "vs", text)
    rest = night["days_rest"]
    if rest is not None and rest >= 3 and night["rested_n"]:
        text = f"{rest} days rest: averages {night['rested_ppg'] / 10:.1f} when rested"
        add({"factor": "well_rested", "direction": "positive"}, "rested", text)
    if night["level"] != "normal":
        is_tired, score = night["level"] == "tired", float(night["score"])
        text = f"Elevated fatigue (score: {score})" if is_tired else f"Well-rested (fatigue score: {score})"
        name, direction = ("fatigue", "negative") if is_tired else ("fresh", "positive")
        found.append({"factor": name, "direction": direction, "description": text})
    rank = night["rank"]
    if rank is not None:
        _, tier, direction = next((band for band in DIRECTIONS if rank <= band[0]), (0, "weak", "positive"))
        label = f"(#{rank} defense" if tier == "average" else f"({tier} defense, #{rank}"
        found.append(
            {
                "factor": "opponent_defense",
                "direction": direction,
                "defense_rank": rank,
                "defense_tier": tier,
                "ppg_allowed": night["allowed"] / 10,
                "description": f"vs {opponent} {label}, allows {night['allowed'] / 10} PPG)",
            }
        )
    return found
