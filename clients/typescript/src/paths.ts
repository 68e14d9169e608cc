// Made by `make docs` from the declarations and schemas in exporters/; not edited by hand.

import type {
  BestBets,
  DailySignals,
  LiveGrading,
  Performance,
  PlayerGameReport,
  PlayerIndex,
  PlayerProfiles,
  PlayerSeason,
  Predictions,
  Results,
  SeasonSubsets,
  Status,
  Streaks,
  SubsetDefinitions,
  SubsetPerformance,
  SubsetPicks,
  Tonight,
  TonightPlayers,
} from "./documents.js";

/** The document at each path. */
export interface DocumentAt {
  "best-bets/{date}.json": BestBets;
  "best-bets/latest.json": BestBets;
  "signals/{date}.json": DailySignals;
  "live-grading/{date}.json": LiveGrading;
  "live-grading/latest.json": LiveGrading;
  "systems/performance.json": Performance;
  "players/{player}/game-report/{date}.json": PlayerGameReport;
  "players/index.json": PlayerIndex;
  "players/{player}.json": PlayerProfiles;
  "players/{player}/season/{season}.json": PlayerSeason;
  "predictions/{date}.json": Predictions;
  "predictions/today.json": Predictions;
  "results/{date}.json": Results;
  "results/latest.json": Results;
  "subsets/season.json": SeasonSubsets;
  "streaks/{date}.json": Streaks;
  "streaks/today.json": Streaks;
  "systems/subsets.json": SubsetDefinitions;
  "subsets/performance.json": SubsetPerformance;
  "picks/{date}.json": SubsetPicks;
  "tonight/{date}.json": Tonight;
  "tonight/all-players.json": Tonight;
  "tonight/player/{date}/{player}.json": TonightPlayers;
  "tonight/player/{player}.json": TonightPlayers;
  "status.json": Status;
}

/** The path of each document, by export type, and the pointers that mirror one of its dates. */
export const PATHS = {
  "best-bets": { path: "best-bets/{date}.json", pointers: ["best-bets/latest.json"] },
  "daily-signals": { path: "signals/{date}.json", pointers: [] },
  "live-grading": { path: "live-grading/{date}.json", pointers: ["live-grading/latest.json"] },
  "performance": { path: "systems/performance.json", pointers: [] },
  "player-game-report": { path: "players/{player}/game-report/{date}.json", pointers: [] },
  "player-index": { path: "players/index.json", pointers: [] },
  "player-profiles": { path: "players/{player}.json", pointers: [] },
  "player-season": { path: "players/{player}/season/{season}.json", pointers: [] },
  "predictions": { path: "predictions/{date}.json", pointers: ["predictions/today.json"] },
  "results": { path: "results/{date}.json", pointers: ["results/latest.json"] },
  "season-subsets": { path: "subsets/season.json", pointers: [] },
  "streaks": { path: "streaks/{date}.json", pointers: ["streaks/today.json"] },
  "subset-definitions": { path: "systems/subsets.json", pointers: [] },
  "subset-performance": { path: "subsets/performance.json", pointers: [] },
  "subset-picks": { path: "picks/{date}.json", pointers: [] },
  "tonight": { path: "tonight/{date}.json", pointers: ["tonight/all-players.json"] },
  "tonight-players": { path: "tonight/player/{date}/{player}.json", pointers: ["tonight/player/{player}.json"] },
  "status": { path: "status.json", pointers: [] },
} as const;

/** The version of each shape. */
export const VERSIONS = {
  "best-bets": 1,
  "daily-signals": 1,
  "live-grading": 1,
  "performance": 1,
  "player-game-report": 1,
  "player-index": 1,
  "player-profiles": 1,
  "player-season": 1,
  "predictions": 1,
  "results": 1,
  "season-subsets": 1,
  "streaks": 1,
  "subset-definitions": 1,
  "subset-performance": 1,
  "subset-picks": 1,
  "tonight": 1,
  "tonight-players": 1,
  "status": 1,
} as const;
