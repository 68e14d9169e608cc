// Made by `make docs` from the declarations and schemas in exporters/; not edited by hand.

import type {
  BestBets,
  BestBetsAll,
  Calendar,
  DailySignals,
  Live,
  LiveGrading,
  NewsSummary,
  Performance,
  PlayerGameReport,
  PlayerIndex,
  PlayerNews,
  PlayerProfiles,
  PlayerSeason,
  Predictions,
  Results,
  SeasonGameCounts,
  SeasonSubsets,
  Status,
  Streaks,
  SubsetDefinitions,
  SubsetPerformance,
  SubsetPicks,
  Tonight,
  TonightPlayers,
  TonightTrendPlays,
  TrendsBounceBack,
  TrendsHotCold,
  TrendsQuickHits,
  TrendsTeam,
  TrendsWhatMatters,
} from "./documents.js";

/** The document at each path. */
export interface DocumentAt {
  "best-bets/{date}.json": BestBets;
  "best-bets/latest.json": BestBets;
  "best-bets/all.json": BestBetsAll;
  "calendar/game-counts.json": Calendar;
  "signals/{date}.json": DailySignals;
  "live/{date}.json": Live;
  "live/latest.json": Live;
  "live-grading/{date}.json": LiveGrading;
  "live-grading/latest.json": LiveGrading;
  "player-news/nba/tonight-summary.json": NewsSummary;
  "systems/performance.json": Performance;
  "players/{player}/game-report/{date}.json": PlayerGameReport;
  "players/index.json": PlayerIndex;
  "player-news/nba/{player}.json": PlayerNews;
  "players/{player}.json": PlayerProfiles;
  "players/{player}/season/{season}.json": PlayerSeason;
  "predictions/{date}.json": Predictions;
  "predictions/today.json": Predictions;
  "results/{date}.json": Results;
  "results/latest.json": Results;
  "schedule/game-counts.json": SeasonGameCounts;
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
  "trends/tonight-plays/{date}.json": TonightTrendPlays;
  "trends/tonight-plays.json": TonightTrendPlays;
  "trends/bounce-back/{date}.json": TrendsBounceBack;
  "trends/bounce-back.json": TrendsBounceBack;
  "trends/hot-cold/{date}.json": TrendsHotCold;
  "trends/whos-hot-v2.json": TrendsHotCold;
  "trends/quick-hits/{date}.json": TrendsQuickHits;
  "trends/quick-hits.json": TrendsQuickHits;
  "trends/team-tendencies/{date}.json": TrendsTeam;
  "trends/team-tendencies.json": TrendsTeam;
  "trends/what-matters/{date}.json": TrendsWhatMatters;
  "trends/what-matters.json": TrendsWhatMatters;
  "status.json": Status;
}

/** The path of each document, by export type, and the pointers that mirror one of its dates. */
export const PATHS = {
  "best-bets": { path: "best-bets/{date}.json", pointers: ["best-bets/latest.json"] },
  "best-bets-all": { path: "best-bets/all.json", pointers: [] },
  "calendar": { path: "calendar/game-counts.json", pointers: [] },
  "daily-signals": { path: "signals/{date}.json", pointers: [] },
  "live": { path: "live/{date}.json", pointers: ["live/latest.json"] },
  "live-grading": { path: "live-grading/{date}.json", pointers: ["live-grading/latest.json"] },
  "news-summary": { path: "player-news/nba/tonight-summary.json", pointers: [] },
  "performance": { path: "systems/performance.json", pointers: [] },
  "player-game-report": { path: "players/{player}/game-report/{date}.json", pointers: [] },
  "player-index": { path: "players/index.json", pointers: [] },
  "player-news": { path: "player-news/nba/{player}.json", pointers: [] },
  "player-profiles": { path: "players/{player}.json", pointers: [] },
  "player-season": { path: "players/{player}/season/{season}.json", pointers: [] },
  "predictions": { path: "predictions/{date}.json", pointers: ["predictions/today.json"] },
  "results": { path: "results/{date}.json", pointers: ["results/latest.json"] },
  "season-game-counts": { path: "schedule/game-counts.json", pointers: [] },
  "season-subsets": { path: "subsets/season.json", pointers: [] },
  "streaks": { path: "streaks/{date}.json", pointers: ["streaks/today.json"] },
  "subset-definitions": { path: "systems/subsets.json", pointers: [] },
  "subset-performance": { path: "subsets/performance.json", pointers: [] },
  "subset-picks": { path: "picks/{date}.json", pointers: [] },
  "tonight": { path: "tonight/{date}.json", pointers: ["tonight/all-players.json"] },
  "tonight-players": { path: "tonight/player/{date}/{player}.json", pointers: ["tonight/player/{player}.json"] },
  "tonight-trend-plays": { path: "trends/tonight-plays/{date}.json", pointers: ["trends/tonight-plays.json"] },
  "trends-bounce-back": { path: "trends/bounce-back/{date}.json", pointers: ["trends/bounce-back.json"] },
  "trends-hot-cold": { path: "trends/hot-cold/{date}.json", pointers: ["trends/whos-hot-v2.json"] },
  "trends-quick-hits": { path: "trends/quick-hits/{date}.json", pointers: ["trends/quick-hits.json"] },
  "trends-team": { path: "trends/team-tendencies/{date}.json", pointers: ["trends/team-tendencies.json"] },
  "trends-what-matters": { path: "trends/what-matters/{date}.json", pointers: ["trends/what-matters.json"] },
  "status": { path: "status.json", pointers: [] },
} as const;

/** The version of each shape. */
export const VERSIONS = {
  "best-bets": 1,
  "best-bets-all": 1,
  "calendar": 1,
  "daily-signals": 1,
  "live": 1,
  "live-grading": 1,
  "news-summary": 1,
  "performance": 1,
  "player-game-report": 1,
  "player-index": 1,
  "player-news": 1,
  "player-profiles": 1,
  "player-season": 1,
  "predictions": 1,
  "results": 1,
  "season-game-counts": 1,
  "season-subsets": 1,
  "streaks": 1,
  "subset-definitions": 1,
  "subset-performance": 1,
  "subset-picks": 1,
  "tonight": 1,
  "tonight-players": 1,
  "tonight-trend-plays": 1,
  "trends-bounce-back": 1,
  "trends-hot-cold": 1,
  "trends-quick-hits": 1,
  "trends-team": 1,
  "trends-what-matters": 1,
  "status": 2,
} as const;
