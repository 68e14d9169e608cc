// Made by `make docs` from the declarations and schemas in exporters/; not edited by hand.

/**
 * The champion's top OVER and UNDER picks of one game date, in tiers by edge and ranked by score, with their
 * outcome once it is known. Picks are chosen from the forecasts made before the games; afterwards only results
 * are added. A date without a pick has an empty list.
 *
 * The document of best-bets, version 1.
 */
export interface BestBets {
  /** The game date, a league day. */
  game_date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** How picks are chosen, in one English sentence; for people, its wording may change. */
  methodology: string;
  /** Picks in this document. */
  total_picks: number;
  /** Picks by tier. */
  tier_summary: {
    /** Picks whose edge is 5 points or more. */
    premium: number;
    /** Picks whose edge is 3 points or more, below 5. */
    strong: number;
    /** Picks whose edge is below 3 points. */
    value: number;
    /** Always 0: no pick is in this tier. */
    standard: 0;
  };
  /**
   * The picks, premium first, each tier by descending score, then edge, confidence and player_lookup; each
   * player once.
   */
  picks: Array<BestBetsPick>;
  /** Picks are paused on the date: none is added, and those that readers were shown stay. */
  halt_active: boolean;
  /**
   * Why they are paused: off_season when no game is near, between_rounds in a break such as that of the All-Star
   * game, predictions_inactive when the model has no forecasts, unknown_state when too little is known of the
   * date; the others as decided by hand or by the models' results. Null when they are not.
   */
  halt_reason: "off_season" | "between_rounds" | "edge_collapse" | "fleet_blocked" | "predictions_inactive" | "pick_drought" | "manual" | "unknown_state" | null;
  /** The day on which the pause began; null when they are not paused, or when it is unknown. */
  halt_since: string | null;
}

/** One pick. */
export interface BestBetsPick {
  /** Place in the whole list, from 1. */
  rank: number;
  /** The tier that the edge reaches. */
  tier: "premium" | "strong" | "value";
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** YYYYMMDD_AWAY_HOME; the id as stored for a game that the schedule does not know. */
  game_id: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Code of the other team; null when no table names it. */
  opponent: string | null;
  /** The side of the line that is picked. */
  recommendation: "OVER" | "UNDER";
  /** The betting line in points that the forecast was made against. */
  line: number;
  /** Forecast points. */
  predicted: number;
  /** Distance of forecast and line in points, whichever is higher. */
  edge: number;
  /** The model's confidence, 0 to 100. */
  confidence: number;
  /**
   * What picks are ranked by, three decimals: confidence as a share of 1, times 1 plus a tenth of the edge up to
   * 1.5, times the history of player_historical_accuracy, which counts 0.85 below five games.
   */
  composite_score: number;
  /**
   * Share of the champion's earlier picks of this player on the same side that were right, as a share of 1, two
   * decimals; null without any.
   */
  player_historical_accuracy: number | null;
  /** How many such picks were won or lost; null without any. */
  player_sample_size: number | null;
  /** Freshness, 0 to 100, where 100 is fresh; null when unknown. */
  fatigue_score: number | null;
  /** fresh from a score of 95, tired below 75; null when the score is unknown. */
  fatigue_level: "fresh" | "normal" | "tired" | null;
  /** Why the pick is listed, in English phrases for people: tier, confidence, edge, role, track record, fatigue. */
  rationale: Array<string>;
  /** PUSH when the points equal the line, VOID when the player did not play, PENDING until it is known. */
  result: "WIN" | "LOSS" | "PUSH" | "VOID" | "PENDING";
  /** Points that decided the pick; null while it is pending, and when it is void. */
  actual: number | null;
  /** Distance of forecast and actual points; null without actual. */
  error: number | null;
  /** Data quality when the forecast was made: green, or null on dates from before it was recorded. */
  quality_alert_level: string | null;
  /** Quality of the data behind the forecast, 0 to 100; null when unknown. */
  feature_quality_score: number | null;
  /** Inputs of the forecast that were missing and had to be assumed; null when unknown. */
  default_feature_count: number | null;
}

/**
 * The page of best bets in one file: the picks of the date, the season's picks by week and day, and their
 * record. A pick stays as readers were shown it, and outcomes are added to it.
 *
 * The document of best-bets-all, version 1.
 */
export interface BestBetsAll {
  /** The league day that the page is of. */
  date: string;
  /** The season, such as 2025-26. */
  season: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Version of the algorithm behind the newest pick that names one; unknown without any. */
  algorithm_version: string;
  /** Picks are paused on the date: none is added to it, and those that readers were shown stay. */
  halt_active: boolean;
  /** Why they are paused; unknown_state when nothing is known of the date, null when they are not. */
  halt_reason: "off_season" | "between_rounds" | "edge_collapse" | "fleet_blocked" | "predictions_inactive" | "pick_drought" | "manual" | "unknown_state" | null;
  /** The day on which the pause began; null when they are not paused, or when it is unknown. */
  halt_since: string | null;
  /** How the decided picks went up to the date, that day included. */
  record: {
    season: BestBetsAllRecord;
    month: BestBetsAllRecord;
    week: BestBetsAllRecord;
    last_10: BestBetsAllLast10;
  };
  /** How the picks of the highest tier went this season. */
  ultra_record: {
    /** Picks that were won. */
    wins: number;
    /** Picks that were lost. */
    losses: number;
    /** Both together. */
    total: number;
    /** Share of them that was won, 0 to 100, one decimal; null without any. */
    pct: number | null;
    over: BestBetsAllSideRecord;
    under: BestBetsAllSideRecord;
  };
  /** The run of equal results that the newest decided pick ends. */
  streak: {
    /** Won, lost, or no pick decided yet. */
    type: "W" | "L" | "N/A";
    /** Its length, in picks. */
    count: number;
  };
  /** The season's longest run of picks that were won, the first among equals. */
  best_streak: {
    /** Won. */
    type: "W";
    /** Its length, in picks. */
    count: number;
    /** Date of its first pick; null without any. */
    start: string | null;
    /** Date of its last pick; null without any. */
    end: string | null;
  };
  /** The picks of the date, by rank. */
  today: Array<BestBetsAllPick>;
  /** Picks that today lists. */
  total_today: number;
  /** Games of the date, as calendar counts them. */
  games_scheduled: number;
  /** The season's weeks with picks, newest first, that of the date included. */
  weeks: Array<BestBetsAllWeek>;
  /** Picks of the season that are not void. */
  total_picks: number;
  /** Those of them that were won or lost. */
  graded: number;
  /** Void picks of the season. Only when there are some. */
  voided?: number;
}

/** Decided picks of a span: the season, the month or the week of the date. */
export interface BestBetsAllRecord {
  /** Picks that were won. */
  wins: number;
  /** Picks that were lost. */
  losses: number;
  /** Both together; pushes and void picks are in neither. */
  total: number;
  /** Share of them that was won, 0 to 100, one decimal; 0.0 without any. */
  pct: number;
}

/** The newest ten decided picks. */
export interface BestBetsAllLast10 {
  /** Picks that were won. */
  wins: number;
  /** Picks that were lost. */
  losses: number;
  /** Share of them that was won, 0 to 100, one decimal; 0.0 without any. */
  pct: number;
}

/** Those on one side of the line. */
export interface BestBetsAllSideRecord {
  /** Picks that were won. */
  wins: number;
  /** Picks that were lost. */
  losses: number;
  /** Both together; pushes and void picks are in neither. */
  total: number;
  /** Share of them that was won, 0 to 100, one decimal; null without any. */
  pct: number | null;
}

/** A pick of the date. */
export interface BestBetsAllPick {
  /** Place among the picks of the date: those of the signals before those added by hand. */
  rank: number;
  /** The player's name. */
  player: string;
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's team, by the pick; null when it names none. */
  team: string | null;
  /** The other team; null when neither the pick nor its game names it. */
  opponent: string | null;
  /** Whether the player's team is at home; null when the game is unknown. */
  home: boolean | null;
  /** The side of the line that is picked. */
  direction: "OVER" | "UNDER";
  /** What the line is about: points. */
  stat: "PTS";
  /** The line, in points. */
  line: number;
  /** Distance of forecast and line in points, without a sign; null when unknown. */
  edge: number | null;
  /** Tip-off in New York time, with offset; null when unknown. */
  game_time: string | null;
  /** At most three reasons for the pick. */
  angles: Array<string>;
  /** The player's points; null until they are known, and for a void pick. */
  actual: number | null;
  /** What became of the pick; VOID when the player did not play, null while it is open. */
  result: "WIN" | "LOSS" | "PUSH" | "VOID" | null;
  /** The pick is of the highest tier. */
  is_ultra: boolean;
  /** Who chose the pick, such as manual. Only when it was not the algorithm. */
  source?: string;
  /** Why the pick is void: the player did not play. Only when it is. */
  void_reason?: "DNP";
}

/** A week with picks. */
export interface BestBetsAllWeek {
  /** Its Monday. */
  week_start: string;
  /** The picks of the week by what became of them. */
  record: {
    /** Picks that were won. */
    wins: number;
    /** Picks that were lost. */
    losses: number;
    /** Open picks. */
    pending: number;
    /** Share of the decided ones that was won, 0 to 100, one decimal; null without any. */
    pct: number | null;
  };
  /** The days with picks, newest first. */
  days: Array<BestBetsAllDay>;
}

/** A day with picks. */
export interface BestBetsAllDay {
  /** The league day. */
  date: string;
  /** How the day went, by the picks that are not void: none left, all open, all won, all lost, or anything else. */
  status: "void" | "pending" | "sweep" | "miss" | "split";
  /** The picks of the day by what became of them; pushes are in none. */
  record: {
    /** Picks that were won. */
    wins: number;
    /** Picks that were lost. */
    losses: number;
    /** Open picks. */
    pending: number;
    /** Void picks. Only when there are some. */
    voided?: number;
  };
  /** The picks, in the order of their ranks. */
  picks: Array<BestBetsAllPastPick>;
}

/** A pick of a day. */
export interface BestBetsAllPastPick {
  /** The player's name. */
  player: string;
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's team, by the pick; null when it names none. */
  team: string | null;
  /** The other team; null when neither the pick nor its game names it. */
  opponent: string | null;
  /** Whether the player's team is at home; null when the game is unknown. */
  home: boolean | null;
  /** The side of the line that is picked. */
  direction: "OVER" | "UNDER";
  /** What the line is about: points. */
  stat: "PTS";
  /** The line, in points. */
  line: number;
  /** Distance of forecast and line in points, without a sign; null when unknown. */
  edge: number | null;
  /** The player's points; null until they are known, and for a void pick. */
  actual: number | null;
  /** What became of the pick; VOID when the player did not play, null while it is open. */
  result: "WIN" | "LOSS" | "PUSH" | "VOID" | null;
  /** The reasons for the pick. */
  angles: Array<string>;
  /** The pick is of the highest tier. */
  is_ultra: boolean;
  /** Why the pick is void: the player did not play. Only when it is. */
  void_reason?: "DNP";
}

/**
 * The number of league games of each date, from 30 days before the league day to 7 days after it, newest date
 * first. Dates without a game are absent, and between seasons the document is empty.
 *
 * The document of calendar, version 1.
 */
export type Calendar = {
  /** Games of the date, a league day; preseason, All-Star and exhibition games do not count. */
  [key: string]: number;
};

/**
 * One label for the market conditions of a date, from the champion's forecasts. A date without a label gets a
 * neutral document with a note.
 *
 * The document of daily-signals, version 1.
 */
export interface DailySignals {
  /** The date that is labelled, a league day. */
  date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Public name of the champion model, whichever model that is. */
  model: "phoenix";
  /** The label; neutral also when none is recorded. */
  signal: "favorable" | "neutral" | "challenging";
  /** What the label rests on. */
  metrics: {
    /**
     * Which side the day's recommendations lean to, by thresholds other than those of signal; unknown when none
     * is recorded.
     */
    conditions: "balanced" | "over_heavy" | "under_heavy" | "unknown";
    /** The champion's forecasts that are at least five points from their line; 0 when no count is recorded. */
    picks: number;
  };
  /** Present only when the date has no label. */
  note?: "No data available for this date";
}

/**
 * The scores of all games of a date and of their players while they are played, from live feed, schedule and box
 * scores. A game never goes back: one that the feed drops stays as it was.
 *
 * The document of live, version 1.
 */
export interface Live {
  /**
   * When the export that last changed the document was requested; that it was checked since then is in
   * status.json.
   */
  updated_at: string;
  /** The date of the games, a league day. */
  game_date: string;
  /** Names the poll that last changed the document: updated_at in UTC, to the second. */
  poll_id: string;
  /** Number of games in progress. */
  games_in_progress: number;
  /** Number of games that are over. */
  games_final: number;
  /** Number of games. */
  total_games: number;
  /**
   * The date's games by the schedule: in progress, final, scheduled; then by tip-off, unknown ones last, and
   * game_id. Among games of one state, one that is kept as it was follows those that are not.
   */
  games: Array<LiveGame>;
}

/** A game. */
export interface LiveGame {
  /** YYYYMMDD_AWAY_HOME. */
  game_id: string;
  /** By live feed or schedule, whichever is farther on, as in live-grading. */
  status: "scheduled" | "in_progress" | "final";
  /**
   * The last period that was seen, 5 and up for overtime; 0 before the game, and while the feed has not listed
   * it.
   */
  period: number;
  /**
   * The clock as the live feed writes it, such as Q4 5:39, Half or Final; Final for a finished game that the
   * feed does not list, else empty.
   */
  time_remaining: string;
  /** Code of the home team. */
  home_team: string;
  /** Code of the away team. */
  away_team: string;
  /** Points of the home team; 0 before the game. */
  home_score: number;
  /** Points of the away team; 0 before the game. */
  away_score: number;
  /** Number of players. */
  player_count: number;
  /** Players by points, then minutes, highest first, then player_lookup; none before the game. */
  players: Array<LivePlayer>;
  /** The live feed's own id of the game; null when it does not list the game or gives none. */
  feed_game_id: string | null;
  /**
   * Where the score comes from. schedule before the game, and after it once its final score is known; box_score
   * when the points of all players add up to that, which is final.
   */
  score_source: "live_feed" | "schedule" | "box_score";
}

/** A player. */
export interface LivePlayer {
  /** The player's id. */
  player_lookup: string;
  /** Display name. */
  name: string;
  /** Code of his team in this game. */
  team: string;
  /** Points so far; 0 when unknown. */
  points: number;
  /** Rebounds so far; 0 when unknown. */
  rebounds: number;
  /** Assists so far; 0 when unknown. */
  assists: number;
  /** Steals so far; 0 when unknown. */
  steals: number;
  /** Blocks so far; 0 when unknown. */
  blocks: number;
  /** Turnovers so far; 0 when unknown. */
  turnovers: number;
  /** Minutes played, such as 28:30 or 34; 0:00 when there are none. */
  minutes: string;
  /** Field goals made; 0 when unknown. */
  fg_made: number;
  /** Field goals attempted; 0 when unknown. */
  fg_attempted: number;
  /** Three-pointers made; 0 when unknown. */
  fg3_made: number;
  /** Three-pointers attempted; 0 when unknown. */
  fg3_attempted: number;
  /** Free throws made; 0 when unknown. */
  ft_made: number;
  /** Free throws attempted; 0 when unknown. */
  ft_attempted: number;
}

/**
 * Every forecast of the champion for one game date, and how it stands against the points of running and finished
 * games. A date without forecasts has zero counts and an empty list.
 *
 * The document of live-grading, version 1.
 */
export interface LiveGrading {
  /** When the export was asked for that last changed the document, UTC. */
  updated_at: string;
  /** The game date, a league day. */
  game_date: string;
  summary: LiveGradingSummary;
  /**
   * The forecasts by status (correct, incorrect, push, trending_correct, trending_incorrect, in_progress,
   * graded, void, pending), then confidence, highest first, then player_lookup.
   */
  predictions: Array<LiveGradingPrediction>;
}

/** A number of forecasts. */
export type LiveGradingCount = number;

/** Totals of the date. */
export interface LiveGradingSummary {
  /** All forecasts in predictions. */
  total_predictions: LiveGradingCount;
  /** Forecasts whose game is over and whose points are known, voided ones included. */
  graded: LiveGradingCount;
  /** The others: total_predictions minus graded. */
  pending: LiveGradingCount;
  /** Forecasts that recommend OVER or UNDER and have status correct; an OVER may be so while its game runs. */
  correct: LiveGradingCount;
  /** Likewise with status incorrect; an UNDER may be so while its game runs. */
  incorrect: LiveGradingCount;
  /** Likewise with status trending_correct. */
  trending_correct: LiveGradingCount;
  /** Likewise with status trending_incorrect. */
  trending_incorrect: LiveGradingCount;
  /** correct over correct and incorrect, as a share of 1, three decimals; null when both are 0. */
  win_rate: number | null;
  /**
   * Mean distance of forecast and actual points over the forecasts of finished games, voided ones excluded, one
   * decimal; null without any.
   */
  avg_error: number | null;
  /** Games of the date that are being played, by the schedule and the live feed, whichever is farther on. */
  games_in_progress: number;
  /** Games of the date that are over, likewise. */
  games_final: number;
  /** Forecasts that recommend OVER or UNDER and whose player scored exactly the line. */
  pushes: LiveGradingCount;
  /** Forecasts that recommend OVER or UNDER and whose player did not play. */
  voided: LiveGradingCount;
}

/** One forecast. */
export interface LiveGradingPrediction {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** Display name; the id when the registry has no such player. */
  player_name: string;
  /** Code of the player's team in the live feed or the box score; null until one of them lists the player. */
  team: string | null;
  /** Code of the home team of the player's game; null when no table names it. */
  home_team: string | null;
  /** Code of the away team of the player's game; null when no table names it. */
  away_team: string | null;
  /** State of the player's game, from the same source as the points. */
  game_status: "scheduled" | "in_progress" | "final";
  /** Period of the game, 5 and up for overtime; null when the live feed does not list the player. */
  period: number | null;
  /** The game's clock as the live feed writes it; null when the feed does not list the player. */
  time_remaining: string | null;
  /** Forecast points. */
  predicted: number;
  /** The betting line in points; null when there is none. */
  line: number | null;
  /** Which side of the line the model takes: OVER, UNDER, PASS for neither, NO_LINE when there is no line. */
  recommendation: string;
  /** The model's confidence, 0 to 100. */
  confidence: number | null;
  /** Whether the line is real: a bookmaker offered it, so that it is graded. */
  has_line: boolean;
  /** Where the line comes from, ACTUAL_PROP for a bookmaker's; null when not recorded. */
  line_source: string | null;
  /** Points so far, or in the end; null before the game, and when the forecast is void. */
  actual: number | null;
  /** Minutes played, such as 28:30 or 34; null before the game, and when not recorded. */
  minutes: string | null;
  /** predicted minus actual, one decimal, positive when the forecast is too high; null without actual. */
  error: number | null;
  /** actual minus line, one decimal; null without either. */
  margin_vs_line: number | null;
  /**
   * How the forecast stands. Final: correct, incorrect, push when the points equal the line, graded without a
   * line that is graded, void when the player did not play. Running: correct or incorrect once the points are
   * above the line, trending when they are projected to end a point or more off the line, else in_progress.
   * pending before that. A forecast that recommends neither side stands on that of its points.
   */
  status: "correct" | "incorrect" | "push" | "trending_correct" | "trending_incorrect" | "in_progress" | "graded" | "void" | "pending";
  /** Code of the other team; null until live feed or box score list the player. */
  opponent: string | null;
  /**
   * Where actual and minutes come from: box_score of the warehouse once the game is over, live_feed before that;
   * null when there are none yet.
   */
  score_source: "box_score" | "live_feed" | null;
}

/**
 * The players with articles of the last 72 hours before updated_at, or before the end of an earlier date.
 *
 * The document of news-summary, version 1.
 */
export interface NewsSummary {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  updated_at: string;
  /** The sport that the articles are about. */
  sport: "nba";
  /** Players that are listed. */
  total_players: number;
  /** The players, those with most articles first, then by id. */
  players: Array<NewsSummaryPlayer>;
}

/** One player. */
export interface NewsSummaryPlayer {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** Whether critical_category is not null. */
  has_critical_news: boolean;
  /**
   * Category of the newest article of these hours that is about an injury, a trade or a suspension; null without
   * one.
   */
  critical_category: "injury" | "trade" | "suspension" | null;
  /** Articles about the player in these hours. */
  news_count: number;
  /** Category of the newest of them; other when nothing says so. */
  latest_category: string;
  /** Whether the player's team has a game on the league day. */
  plays_tonight: boolean;
}

/**
 * How accurate every publicly named model has been over the last week, the last 30 days and the season, as of a
 * date, and which one is best. Models go by their public names. Without any graded forecast this season, systems
 * and comparison are empty.
 *
 * The document of performance, version 1.
 */
export interface Performance {
  /** The league day up to which forecasts count, inclusive. */
  as_of_date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The models, the champion first, the others by system_id. */
  systems: Array<PerformanceSystem>;
  comparison: PerformanceComparison;
}

/** One model. */
export interface PerformanceSystem {
  /** Public id of the model; phoenix is the champion, whichever model that is. */
  system_id: string;
  /** Public name of the model; its id when it has no name of its own. */
  display_name: string;
  /** One phrase about the model; empty when it has no name of its own. */
  description: string;
  /** Whether it is the champion, whose forecasts the other documents show. */
  is_primary: boolean;
  /** The model's record by period. */
  windows: {
    /** The seven days up to as_of_date, not before the season began. */
    last_7_days: PerformanceWindow;
    /** The thirty days up to as_of_date, not before the season began. */
    last_30_days: PerformanceWindow;
    /** From 1 October of the season up to as_of_date. */
    season: PerformanceWindow;
  };
  breakdown: PerformanceBreakdown;
}

/** A model's record over one period. */
export interface PerformanceWindow {
  /** Forecasts. */
  predictions: number;
  /** Forecasts that recommended OVER or UNDER. */
  recommendations: number;
  /** Recommendations that were won. */
  correct: number;
  /** Recommendations won over those won or lost, as a share of 1, three decimals; null without any. */
  win_rate: number | null;
  /** Mean distance of forecast and actual points, two decimals; null without forecasts. */
  mae: number | null;
  /**
   * Mean of forecast minus actual points, two decimals, positive when forecasts were too high; null without
   * forecasts.
   */
  bias: number | null;
}

/** The season, looked at closer. */
export interface PerformanceBreakdown {
  /** Recommendations of OVER that were won, as a share of 1, three decimals; null without any. */
  over_win_rate: number | null;
  /** Recommendations of UNDER that were won, as a share of 1, three decimals; null without any. */
  under_win_rate: number | null;
  /** Forecasts at most 3 points off, as a share of 1, three decimals; null without any. */
  within_3_pct: number | null;
  /** Forecasts at most 5 points off, as a share of 1, three decimals; null without any. */
  within_5_pct: number | null;
  /**
   * Recommendations with a confidence of 70 or more that were won, as a share of 1, three decimals; null without
   * any.
   */
  high_confidence_win_rate: number | null;
}

/**
 * The best model of the season by each measure, among those with enough recommendations to compare. Empty when
 * systems is.
 */
export interface PerformanceComparison {
  /** The model with the smallest mae; null when none can be compared. */
  best_mae?: PerformanceBest;
  /** The model with the highest win_rate; null when none can be compared. */
  best_win_rate?: PerformanceBest;
  /** The model whose bias is closest to zero, on either side; null when none can be compared. */
  lowest_bias?: PerformanceBest;
}

/** A model and its measure. */
export type PerformanceBest = {
  /** Public id of the model. */
  system_id: string;
  /** Its measure over the season; a bias keeps its sign. */
  value: number;
} | null;

/**
 * One player's game in depth, before it and after it. Everything but the result is as known before the game.
 *
 * The document of player-game-report, version 1.
 */
export interface PlayerGameReport {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** The game date, a league day. */
  game_date: string;
  /** YYYYMMDD_AWAY_HOME; the id as stored for a game that the schedule does not know. Null only with error. */
  game_id: string | null;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Present only when the registry has no entry of the player; everything after it is empty if so. */
  error?: "Player not found";
  player_profile: PlayerGameReportPlayerProfile;
  opponent_context: PlayerGameReportOpponentContext;
  moving_averages: PlayerGameReportMovingAverages;
  prop_line: PlayerGameReportPropLine;
  prediction_angles: PlayerGameReportPredictionAngles;
  /** The newest played games before this one, of all seasons, newest first. */
  recent_games: Array<PlayerGameReportRecentGame>;
  head_to_head: PlayerGameReportHeadToHead;
  result: PlayerGameReportResult;
  /**
   * Why there is no result: the game has not begun or is not over, the player missed it, or its box score is
   * missing or not complete; null when there is one.
   */
  result_reason: "scheduled" | "in_progress" | "did_not_play" | "no_box_score" | "partial_box_score" | null;
}

/** The player before the game; null only with error. */
export type PlayerGameReportPlayerProfile = {
  /** The player's position; null when unknown. */
  position: string | null;
  /**
   * Where most of the player's shots come from, as known before the game; balanced also when it was not analysed
   * lately.
   */
  shot_profile: "interior" | "perimeter" | "mid_range" | "balanced";
  /** Points per game this season, one decimal; null before the first game. */
  season_ppg: number | null;
} | null;

/** The other team before the game; null only with error. */
export type PlayerGameReportOpponentContext = {
  /** Code of the other team; null when no table names it. */
  opponent: string | null;
  /** Possessions per game; null when unknown. */
  opp_pace: number | null;
  /** Points that it allows per 100 possessions over 15 games; null when unknown. */
  opp_def_rating: number | null;
  /** Its place by opp_def_rating, 1 for the lowest; equal teams share a place. Null when unknown. */
  opp_def_rank: number | null;
  /**
   * Its defence in the paint: strong or weak when it allows at least 2 percentage points less or more than the
   * league, else average, also when unknown.
   */
  opp_paint_defense: "strong" | "average" | "weak";
  /** Its defence behind the three-point line, in the same way. */
  opp_perimeter_defense: "strong" | "average" | "weak";
} | null;

/** Points per game over the newest games of the season before this one, one decimal; null only with error. */
export type PlayerGameReportMovingAverages = {
  /** Over the newest five; null without games. */
  l5: number | null;
  /** Over the newest ten; null without games. */
  l10: number | null;
  /** Over the newest twenty; null without games. */
  l20: number | null;
  /** Over all of them; null without games. */
  season: number | null;
} | null;

/** The champion's forecast of the game; null when there is none. */
export type PlayerGameReportPropLine = {
  /** The betting line in points; null when there was none. */
  line: number | null;
  /**
   * Which side of the line the model takes: PASS and HOLD for neither, NO_LINE when there is no line; null when
   * the grade does not say.
   */
  recommendation: "OVER" | "UNDER" | "PASS" | "HOLD" | "NO_LINE" | null;
  /** Forecast points; null when the grade does not carry them. */
  predicted: number | null;
  /** The model's confidence, 0 to 100; null when the grade does not carry it. */
  confidence: number | null;
} | null;

/** What speaks for and against the recommendation, or for and against an over where none is made. */
export interface PlayerGameReportPredictionAngles {
  /**
   * English phrases for it: a run over or under the line, the opponent's defence where the player shoots, the
   * trend of the player's points, the opponent's pace.
   */
  supporting: Array<string>;
  /** English phrases against it, of the same kinds. */
  against: Array<string>;
}

/** One earlier game. */
export interface PlayerGameReportRecentGame {
  /** The game date. */
  date: string;
  /** Code of the other team. */
  opponent: string;
  /** Points scored. */
  points: number;
  /** The betting line in points; null when there was none. */
  line: number | null;
  /** The game against its line; null for a push or without a line. */
  result: "OVER" | "UNDER" | null;
  /** Minutes played; null when unknown. */
  minutes: number | null;
}

/** The player's earlier games against this opponent, of all seasons on record; null only with error. */
export type PlayerGameReportHeadToHead = {
  /** Games. */
  games: number;
  /** Points per game, one decimal; null without games. */
  avg_points: number | null;
  /** Mean betting line, one decimal; null without lines. */
  avg_line: number | null;
  /** Games over the line among those over or under it, as a share of 1, two decimals; null without any. */
  over_rate: number | null;
} | null;

/** The result of the game; null while result_reason gives the reason for its absence. */
export type PlayerGameReportResult = {
  /** Points scored. */
  actual: number;
  /** Points minus line, two decimals; null without a line. */
  margin: number | null;
  /** Whether the recommendation was won; null unless outcome is WIN or LOSS. */
  correct: boolean | null;
  /**
   * What became of the recommendation: PUSH when the points equal the line, PENDING until it is graded, PASS,
   * HOLD or NO_LINE when no side was taken; null without a forecast.
   */
  outcome: "WIN" | "LOSS" | "PUSH" | "PENDING" | "PASS" | "HOLD" | "NO_LINE" | null;
} | null;

/**
 * The players who have a profile, with the record of our forecasts of them.
 *
 * The document of player-index, version 1.
 */
export interface PlayerIndex {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Players in this document. */
  total_players: number;
  /** The players, most graded games first, then by player_lookup. */
  players: Array<PlayerIndexPlayer>;
}

/** One player. */
export interface PlayerIndexPlayer {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** Code of the player's team in the newest graded game, else in the registry; null when neither has it. */
  team: string | null;
  /** Games with a graded forecast. */
  games_predicted: number;
  /** Forecasts that recommended OVER or UNDER, pushes and ungraded ones included. */
  recommendations: number;
  /** Mean distance of forecast and actual points, two decimals; null when unknown. */
  mae: number | null;
  /** Recommendations won over those won or lost, as a share of 1, two decimals; null without any. */
  win_rate: number | null;
  /**
   * Mean of forecast minus actual points, two decimals, positive when forecasts were too high; null when
   * unknown.
   */
  bias: number | null;
  /** Forecasts at most 5 points off, as a share of 1, two decimals; null without any. */
  within_5_pct: number | null;
}

/**
 * The newest articles about one player, at most a year old.
 *
 * The document of player-news, version 1.
 */
export interface PlayerNews {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when no table has the name. */
  player_name: string;
  /** Code of the player's registered team; empty for a player whom the registry does not know. */
  team_abbr: string;
  /** The sport that the articles are about. */
  sport: "nba";
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  updated_at: string;
  /** Whether critical_category is not null. */
  has_critical_news: boolean;
  /**
   * Category of the newest article of the last seven days before updated_at that is about an injury, a trade or
   * a suspension; null without one.
   */
  critical_category: "injury" | "trade" | "suspension" | null;
  /** Articles that are listed. */
  news_count: number;
  /** The articles, newest first. */
  articles: Array<PlayerNewsArticle>;
}

/** One article. */
export interface PlayerNewsArticle {
  /** The article's id. */
  id: string;
  /** A short headline: the extracted one, else the title, cut between words where it is long. */
  headline: string;
  /** The article's own title. */
  title: string;
  /** The extracted summary, else that of the article; null without either. */
  summary: string | null;
  /**
   * What it is about, such as injury, trade, suspension, signing, lineup, performance, preview, recap or
   * analysis; other when nothing says so.
   */
  category: string;
  /**
   * How much the category matters: high for injury, trade and suspension, medium for signing and lineup, else
   * low.
   */
  impact: "high" | "medium" | "low";
  /** Display name of the source. */
  source: string;
  /** The article's address; null when unknown. */
  source_url: string | null;
  /** When it was published, UTC. */
  published_at: string;
  /** Whether the player is the one whom the article names first. */
  is_primary_mention: boolean;
}

/**
 * How well the champion has forecast one player: news, record, game log, splits and next game. Only players with
 * enough graded forecasts have a document; player-index lists exactly them. Games that the player missed do not
 * count.
 *
 * The document of player-profiles, version 1.
 */
export interface PlayerProfiles {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The newest articles about the player of the past year, newest first. */
  recent_news: Array<PlayerProfilesStory>;
  summary: PlayerProfilesSummary;
  interpretation: PlayerProfilesInterpretation;
  /** The player's newest games, newest first, missed games included. */
  game_log: Array<PlayerProfilesGame>;
  splits: PlayerProfilesSplits;
  our_track_record: PlayerProfilesTrackRecord;
  next_game: PlayerProfilesNextGame;
}

/** One article. */
export interface PlayerProfilesStory {
  /** The headline: a short one where there is one, else the title, cut between words when it is long. */
  headline: string;
  /** What it is about; other when the article has no category. */
  category: string;
  /** Who published it, as a display name. */
  source: string;
  /** Where to read it; null when unknown. */
  source_url: string | null;
  /** When it was published, UTC. */
  published_at: string;
}

/** The record of our forecasts of the player. */
export interface PlayerProfilesSummary {
  /** The same as player_full_name. */
  player_name: string;
  /** Code of the player's team in the newest graded game, else in the registry; null when neither has it. */
  team: string | null;
  /** The same as team. */
  team_abbr: string | null;
  /** Games with a graded forecast. */
  games_predicted: number;
  /** Forecasts that recommended OVER or UNDER, pushes and ungraded ones included. */
  total_recommendations: number;
  /** Recommendations that were won. */
  correct: number;
  /** Mean distance of forecast and actual points, two decimals; null when unknown. */
  mae: number | null;
  /** Recommendations won over those won or lost, as a share of 1, two decimals; null without any. */
  win_rate: number | null;
  /**
   * Mean of forecast minus actual points, two decimals, positive when forecasts were too high; null when
   * unknown.
   */
  bias: number | null;
  /** Mean confidence, 0 to 100, one decimal; null when unknown. */
  avg_confidence: number | null;
  /** Forecasts at most 3 points off, as a share of 1, two decimals; null without any. */
  within_3_pct: number | null;
  /** Forecasts at most 5 points off, as a share of 1, two decimals; null without any. */
  within_5_pct: number | null;
  /** The dates of the graded forecasts. */
  date_range: {
    /** The first; null without any. */
    first: string | null;
    /** The last; null without any. */
    last: string | null;
  };
}

/** The record in words, for people. */
export interface PlayerProfilesInterpretation {
  /** Whether we tend to forecast the player too high or too low. Absent when the bias is unknown. */
  bias?: string;
  /** How good our recommendations were. Absent below five recommendations. */
  accuracy?: string;
  /** How much the record is worth. */
  sample_size: string;
}

/** One game of the log. */
export interface PlayerProfilesGame {
  /** The game date. */
  game_date: string;
  /** Code of the other team. */
  opponent: string;
  /** Whether the player's team was at home; null when neither game id nor schedule has it. */
  home_game: boolean | null;
  /** Whether the player's team won or lost; null when unknown. */
  team_result: "W" | "L" | null;
  /** Points scored; null when not played or unknown. */
  points: number | null;
  /** Minutes played; null when not played or unknown. */
  minutes: number | null;
  /** Field goals as made/attempted; null when not played, unknown or none attempted. */
  fg: string | null;
  /** Field goals made; null when not played or unknown. */
  fg_makes: number | null;
  /** Field goals attempted; null when not played or unknown. */
  fg_attempts: number | null;
  /** Three-pointers as made/attempted; null when not played, unknown or none attempted. */
  three: string | null;
  /** Three-pointers made; null when not played or unknown. */
  three_makes: number | null;
  /** Three-pointers attempted; null when not played or unknown. */
  three_attempts: number | null;
  /** Free throws as made/attempted; null when not played, unknown or none attempted. */
  ft: string | null;
  /** Free throws made; null when not played or unknown. */
  ft_makes: number | null;
  /** Free throws attempted; null when not played or unknown. */
  ft_attempts: number | null;
  /** Rebounds of both kinds; null when not played or unknown. */
  rebounds: number | null;
  /** Assists; null when not played or unknown. */
  assists: number | null;
  /** Steals; null when not played or unknown. */
  steals: number | null;
  /** Blocks; null when not played or unknown. */
  blocks: number | null;
  /** Turnovers; null when not played or unknown. */
  turnovers: number | null;
  /** The betting line in points, also of a game not played; null when there was none. */
  line: number | null;
  /** The game against its line; null for a push, without a line, without points or when not played. */
  over_under: "OVER" | "UNDER" | null;
  /** Points minus line, two decimals; null when not played or either is unknown. */
  margin: number | null;
  /** Whether the player missed the game. */
  did_not_play: boolean;
  /** Why the player missed it; null when the player played or no reason is recorded. */
  dnp_reason: string | null;
}

/** Played games by situation. */
export interface PlayerProfilesSplits {
  /** By calendar days since the last game of the season. */
  rest: {
    /** One day: back-to-backs. */
    b2b: PlayerProfilesLeaf;
    /** Two days: one day off. */
    one_day: PlayerProfilesLeaf;
    /** Three days: two days off. */
    two_day: PlayerProfilesLeaf;
    /** Four days and more. */
    three_plus: PlayerProfilesLeaf;
  };
  /** By place; games whose place is unknown are in neither part. */
  location: {
    /** Home games. */
    home: PlayerProfilesLeaf;
    /** Away games. */
    away: PlayerProfilesLeaf;
  };
  /** By opponent, those met at least twice: most games first, then highest average, then team. */
  opponents: Array<PlayerProfilesOpponent>;
}

/** Played games of one kind. */
export interface PlayerProfilesLeaf {
  /** Points per game, one decimal; null without games. */
  avg: number | null;
  /** Games. */
  games: number;
  /** Games over the line among those over or under it, as a share of 1, two decimals; null without any. */
  vs_line_pct: number | null;
}

/** Played games against one team. */
export interface PlayerProfilesOpponent {
  /** Code of the team. */
  team: string;
  /** Points per game, one decimal; null without games. */
  avg: number | null;
  /** Games. */
  games: number;
  /** Games over the line among those over or under it, as a share of 1, two decimals; null without any. */
  vs_line_pct: number | null;
}

/** How our recommendations of the player went. */
export interface PlayerProfilesTrackRecord {
  /** Games with a graded forecast. */
  total_predictions: number;
  /** Both sides. */
  overall: {
    /** Recommendations that were won. */
    wins: number;
    /** Recommendations that were lost. */
    losses: number;
    /** wins over wins and losses, as a share of 1, two decimals; null without any. */
    pct: number | null;
  };
  /** Recommendations of OVER. */
  over_calls: PlayerProfilesCalls;
  /** Recommendations of UNDER. */
  under_calls: PlayerProfilesCalls;
  /** Mean distance of forecast and actual points, two decimals; null when unknown. */
  avg_error: number | null;
  /**
   * Mean of forecast minus actual points, two decimals, positive when forecasts were too high; null when
   * unknown.
   */
  bias: number | null;
  /** Forecasts at most 3 points off, as a share of 1, two decimals; null without any. */
  within_3_pts: number | null;
  /** Forecasts at most 5 points off, as a share of 1, two decimals; null without any. */
  within_5_pts: number | null;
}

/** Recommendations of one side. */
export interface PlayerProfilesCalls {
  /** Recommendations, pushes and ungraded ones included. */
  total: number;
  /** Recommendations that were won. */
  wins: number;
  /** Recommendations that were lost. */
  losses: number;
  /** wins over wins and losses, as a share of 1, two decimals; null without any. */
  pct: number | null;
}

/** The player's next game within two weeks, tonight's until it is over; null when none is known. */
export type PlayerProfilesNextGame = {
  /** The game date. */
  game_date: string;
  /** YYYYMMDD_AWAY_HOME; the id as stored for a game that the schedule does not know. */
  game_id: string;
  /** Code of the other team; null when no table names it. */
  opponent: string | null;
  /** Whether the player's team is at home; null when unknown. */
  home_game: boolean | null;
  /** Whether the champion has a standing forecast of it. */
  has_prediction: boolean;
} | null;

/**
 * One player's season up to a game: averages, form, patterns, results against the lines, and every game. The
 * document of a season is that of the player's newest game that was exported, which counts once it is over.
 *
 * The document of player-season, version 1.
 */
export interface PlayerSeason {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** The season, such as 2025-26. */
  season: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Present only when the registry has no entry of the player; everything after it is empty if so. */
  error?: "Player not found";
  player_profile: PlayerSeasonPlayerProfile;
  averages: PlayerSeasonAverages;
  current_form: PlayerSeasonCurrentForm;
  /** Kinds of games in which the player scores far more than in the opposite kind: by rest, then by place. */
  key_patterns: Array<PlayerSeasonPattern>;
  prop_hit_rates: PlayerSeasonPropHitRates;
  /** The games of the season, newest first, those that the player missed included. */
  game_log: Array<PlayerSeasonGame>;
  splits: PlayerSeasonSplits;
  /** The months with games, in calendar order. */
  monthly: Array<PlayerSeasonMonth>;
}

/** Who the player is; null when no table names the player. */
export type PlayerSeasonPlayerProfile = {
  /** The player's position; null when unknown. */
  position: string | null;
  /** Code of the player's team this season, else in the latest season before; null when unknown. */
  team_abbr: string | null;
  /** elite from 25 points per game this season, starter from 15, else role_player. */
  player_tier: "elite" | "starter" | "role_player";
  /** Where most of the player's shots come from; null without a recent analysis. */
  shot_profile: "interior" | "perimeter" | "mid_range" | "balanced" | null;
} | null;

/** Means over the season's played games. Empty without any. */
export interface PlayerSeasonAverages {
  /** Played games. */
  games?: number;
  /** Points per game, one decimal. */
  ppg?: number;
  /** Rebounds per game, one decimal; null when unknown. */
  rpg?: number | null;
  /** Assists per game, one decimal; null when unknown. */
  apg?: number | null;
  /** Steals per game, one decimal; null when unknown. */
  spg?: number | null;
  /** Blocks per game, one decimal; null when unknown. */
  bpg?: number | null;
  /** Turnovers per game, one decimal; null when unknown. */
  topg?: number | null;
  /** Field goals made over attempted, as a share of 1, three decimals; null without attempts. */
  fg_pct?: number | null;
  /**
   * Three-pointers made over attempted, as a share of 1, three decimals, over the games whose three-pointers are
   * known; null without attempts.
   */
  three_pct?: number | null;
  /** Free throws made over attempted, as a share of 1, three decimals; null without attempts. */
  ft_pct?: number | null;
  /** Minutes per game, one decimal, from the game book where the box score has none; null when unknown. */
  minutes?: number | null;
  /** Games whose three-pointers are known. */
  three_pct_games?: number;
}

/** How the player has done lately. Empty without played games. */
export interface PlayerSeasonCurrentForm {
  /**
   * How hot the player is against the lines, 0 to 10, one decimal: half by the share of overs in the newest ten
   * games with a line, a quarter by the run of overs, a quarter by the mean margin over them. Null with fewer
   * than three games with a line.
   */
  heat_score?: number | null;
  /** hot from a heat_score of 8.0, warm from 6.5, neutral from 4.5, cool from 3.0, else cold; null without one. */
  temperature?: "hot" | "warm" | "neutral" | "cool" | "cold" | null;
  /**
   * Games of the run over or under the line, up to the newest; pushes and games without a line neither count nor
   * break. 0 without one.
   */
  current_streak?: number;
  /** Which side of the line the run is on; null without one. */
  streak_direction?: "over" | "under" | null;
  /** Points per game over the newest five played games of the season, two decimals. */
  l5_avg?: number;
  /** Points per game over the newest ten played games of the season, two decimals. */
  l10_avg?: number;
  /**
   * Games over the line among the newest ten games with a line, pushes excluded, as a share of 1, two decimals;
   * null without any.
   */
  hit_rate_l10?: number | null;
}

/** One pattern. */
export interface PlayerSeasonPattern {
  /**
   * rest_sensitive: more after two days off than on back-to-backs; b2b_performer: the reverse; home_performer:
   * more at home than away; road_warrior: the reverse.
   */
  pattern: "rest_sensitive" | "b2b_performer" | "home_performer" | "road_warrior";
  /** The pattern as an English phrase, with the difference in points per game. */
  description: string;
  /** strong from a difference of 4 points per game, moderate from 2.5. */
  strength: "strong" | "moderate";
}

/** The player's results against the lines of the graded forecasts, and the forecasts' record. Empty without any. */
export interface PlayerSeasonPropHitRates {
  /** Actual points against our lines. */
  points?: {
    /** Games over or under the line; pushes are not counted. */
    games: number;
    /** Games over the line. */
    overs: number;
    /** Games under the line. */
    unders: number;
    /** overs over games, as a share of 1, three decimals; null without games. */
    over_rate: number | null;
  };
  /** Forecasts that recommended OVER or UNDER, pushes and ungraded ones included. */
  total_recommendations?: number;
  /** Recommendations that were won. */
  correct?: number;
  /** Recommendations won over those won or lost, as a share of 1, three decimals; null without any. */
  win_rate?: number | null;
}

/** One game of the season. */
export interface PlayerSeasonGame {
  /** The game date. */
  date: string;
  /** Code of the other team. */
  opponent: string;
  /** Whether the player's team was at home; null when neither game id nor schedule has it. */
  is_home: boolean | null;
  /** Points scored; null when not played or unknown. */
  points: number | null;
  /** Rebounds of both kinds; null when not played or unknown. */
  rebounds: number | null;
  /** Assists; null when not played or unknown. */
  assists: number | null;
  /** Minutes played, from the game book where the box score has none; null when not played or unknown. */
  minutes: number | null;
  /** The betting line in points, also of a game not played; null when there was none. */
  line: number | null;
  /** The game against its line; null for a push, without a line, without points or when not played. */
  result: "OVER" | "UNDER" | null;
  /** Whether the player's team won; null when unknown. */
  team_won: boolean | null;
  /** Whether the player missed the game. */
  did_not_play: boolean;
  /** Why the player missed it; null when the player played or no reason is recorded. */
  dnp_reason: string | null;
}

/** Played games by situation; games whose situation is unknown are in none. Empty only with error. */
export interface PlayerSeasonSplits {
  /** Home games. */
  home?: PlayerSeasonSplit;
  /** Away games. */
  away?: PlayerSeasonSplit;
  /** Two or more calendar days since the last game of the season. */
  rested?: PlayerSeasonSplit;
  /** One calendar day since the last game of the season. */
  back_to_back?: PlayerSeasonSplit;
}

/** Played games of one kind. */
export interface PlayerSeasonSplit {
  /** Played games. */
  games: number;
  /** Points per game, one decimal; null without games. */
  ppg: number | null;
  /** Games over the line among those over or under it, as a share of 1, two decimals; null without any. */
  over_rate: number | null;
}

/** One month. */
export interface PlayerSeasonMonth {
  /** The month. */
  month: "Jan" | "Feb" | "Mar" | "Apr" | "May" | "Jun" | "Jul" | "Aug" | "Sep" | "Oct" | "Nov" | "Dec";
  /** Played games. */
  games: number;
  /** Points per game, one decimal; null without games. */
  ppg: number | null;
  /** Games over the line among those over or under it, as a share of 1, two decimals; null without any. */
  over_rate: number | null;
}

/**
 * Every standing forecast of the champion model for one game date, grouped by game. A date without games has no
 * games in it and zero counts.
 *
 * The document of predictions, version 1.
 */
export interface Predictions {
  /** The game date, a league day. */
  game_date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Games in this document; games without a forecast are not in it. */
  total_games: number;
  /** Forecasts in this document, one per player. */
  total_predictions: number;
  /** Games that have forecasts, by ascending game_id. */
  games: Array<PredictionsGame>;
  /** Forecasts are paused on the date: none is added, and those that readers were shown stay. */
  halt_active: boolean;
  /**
   * Why they are paused: off_season when no game is near, between_rounds in a break such as that of the All-Star
   * game, predictions_inactive when the model has no forecasts, unknown_state when too little is known of the
   * date; the others as decided by hand or by the models' results. Null when they are not.
   */
  halt_reason: "off_season" | "between_rounds" | "edge_collapse" | "fleet_blocked" | "predictions_inactive" | "pick_drought" | "manual" | "unknown_state" | null;
  /** The day on which the pause began; null when they are not paused, or when it is unknown. */
  halt_since: string | null;
}

/** One game and the forecasts of its players. */
export interface PredictionsGame {
  /** YYYYMMDD_AWAY_HOME; the id as stored for a game that the schedule does not know. */
  game_id: string;
  /** Code of the home team; UNK when no table names it. */
  home_team: string;
  /** Code of the visiting team; UNK when no table names it. */
  away_team: string;
  /** Forecasts of this game. */
  prediction_count: number;
  recommendation_breakdown: PredictionsRecommendationBreakdown;
  /** The forecasts, most confident first, then by player_lookup. */
  predictions: Array<PredictionsPlayerPrediction>;
}

/** How many forecasts make which recommendation; the four add up to prediction_count. */
export interface PredictionsRecommendationBreakdown {
  /** Forecasts that recommend OVER. */
  over: number;
  /** Forecasts that recommend UNDER. */
  under: number;
  /** Forecasts that recommend PASS: too close to the line for either side. */
  pass: number;
  /** Forecasts without a bet, mostly for want of a line: every other recommendation. */
  no_line: number;
}

/** The forecast of one player's game. */
export interface PredictionsPlayerPrediction {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Whether the player's team is at home; null when unknown. */
  is_home: boolean | null;
  prediction: PredictionsPrediction;
  context: PredictionsContext;
}

/** What the model says. */
export interface PredictionsPrediction {
  /** Forecast points. */
  points: number;
  /** The model's confidence, 0 to 100. */
  confidence: number;
  /** Which side of the line the model takes: PASS and HOLD for neither, NO_LINE when there is no line. */
  recommendation: "OVER" | "UNDER" | "PASS" | "HOLD" | "NO_LINE";
  /** The betting line in points when the forecast was made; null when there was none. */
  line: number | null;
  /**
   * Forecast minus line in points, one decimal, positive when the forecast is above the line; null without a
   * line.
   */
  edge: number | null;
}

/** What went into the forecast. */
export interface PredictionsContext {
  /** Points that the expected pace of the game added or took away; null when the model does not say. */
  pace_adjustment: number | null;
  /**
   * Past games that the forecast was likened to; null for models that do not work that way, the champion among
   * them.
   */
  similar_games: number | null;
}

/**
 * Every graded forecast of the champion for one game date, one per player, with totals, splits, and the closest
 * and farthest call. A date without graded forecasts has zero counts and empty lists.
 *
 * The document of results, version 1.
 */
export interface Results {
  /** The game date, a league day. */
  game_date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  summary: ResultsSummary;
  breakdowns: ResultsBreakdowns;
  /** The graded forecasts, by game_id, then player_lookup. */
  results: Array<ResultsResult>;
  highlights: ResultsHighlights;
}

/** A number of forecasts. */
export type ResultsCount = number;

/** A share of 1, three decimals; 0 of nothing. */
export type ResultsRate = number;

/**
 * Totals of the date. Every forecast is counted under one result: correct, incorrect, pushes, pending,
 * pass_count, no_line and voided add up to total_predictions.
 */
export interface ResultsSummary {
  /** All forecasts in results. */
  total_predictions: ResultsCount;
  /** Forecasts that recommend OVER or UNDER and are not voided: correct, incorrect, pushes and pending. */
  recommendations: ResultsCount;
  /** Recommendations that were won. */
  correct: ResultsCount;
  /** Recommendations that were lost; pushes are not. */
  incorrect: ResultsCount;
  /** Forecasts that recommend neither side. */
  pass_count: ResultsCount;
  /** correct over correct and incorrect, as a share of 1, three decimals; 0 when both are. */
  win_rate: ResultsRate;
  /**
   * Mean distance of forecast and actual points over all forecasts that have both, passes included, two
   * decimals; 0 without any.
   */
  avg_mae: number;
  /**
   * Mean of forecast minus actual points over the same forecasts, two decimals, positive when forecasts were too
   * high; 0 without any.
   */
  avg_bias: number;
  /** Forecasts that are at most 3 points off, voided ones excluded. */
  within_3_points: ResultsCount;
  /** within_3_points over the forecasts that are not voided, as a share of 1, three decimals; 0 without any. */
  within_3_pct: ResultsRate;
  /** Forecasts that are at most 5 points off, voided ones excluded. */
  within_5_points: ResultsCount;
  /** within_5_points over the forecasts that are not voided, as a share of 1, three decimals; 0 without any. */
  within_5_pct: ResultsRate;
  /** Recommendations whose player scored exactly the line. */
  pushes: ResultsCount;
  /** Forecasts without a bet to grade, mostly for want of a line. */
  no_line: ResultsCount;
  /** Forecasts whose player did not play. */
  voided: ResultsCount;
  /** Recommendations that are not graded yet. */
  pending: ResultsCount;
}

/** The decided recommendations, those with result WIN, LOSS or PUSH, split in four ways. */
export interface ResultsBreakdowns {
  /** By the player's season scoring average. */
  by_player_tier: {
    /** From 25 points per game. */
    elite: ResultsSplit;
    /** From 15 points per game, below 25. */
    starter: ResultsSplit;
    /** Below 15 points per game, or unknown. */
    role_player: ResultsSplit;
  };
  /** By the model's confidence. */
  by_confidence: {
    /** Confidence from 70. */
    high: ResultsSplit;
    /** Confidence from 55, below 70. */
    medium: ResultsSplit;
    /** Confidence below 55, or unknown. */
    low: ResultsSplit;
  };
  /** By side of the line. */
  by_recommendation: {
    /** Recommendations of OVER. */
    over: ResultsSplit;
    /** Recommendations of UNDER. */
    under: ResultsSplit;
  };
  /**
   * By the player's situation; a recommendation whose situation is unknown is in neither part, and the parts
   * about rest overlap with those about place.
   */
  by_context: {
    /** The player's team was at home. */
    home: ResultsSplit;
    /** The player's team was away. */
    away: ResultsSplit;
    /** The player's team had played the day before. */
    back_to_back: ResultsSplit;
    /** At least two calendar days since the player's last game. */
    rested: ResultsSplit;
  };
}

/** One part of a split. */
export interface ResultsSplit {
  /** Recommendations: wins, losses and pushes. */
  total: ResultsCount;
  /** Recommendations that were won. */
  wins: ResultsCount;
  /** Recommendations that were lost. */
  losses: ResultsCount;
  /** Recommendations whose player scored exactly the line. */
  pushes: ResultsCount;
  /** wins over wins and losses, as a share of 1, three decimals; 0 when both are. */
  win_rate: ResultsRate;
  /** Mean distance of forecast and actual points, two decimals; 0 without any. */
  avg_error: number;
}

/** One graded forecast. */
export interface ResultsResult {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** YYYYMMDD_AWAY_HOME; the id as stored for a game that the schedule does not know. */
  game_id: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Code of the other team; null when no table names it. */
  opponent: string | null;
  /** Forecast points; null when the grade does not carry them. */
  predicted: number | null;
  /** Points scored; null until they are known, and when the forecast is void. */
  actual: number | null;
  /** The betting line in points; null when there was none. */
  line: number | null;
  /**
   * Which side of the line the model took: PASS and HOLD for neither, NO_LINE when there was no line; null when
   * the grade does not say.
   */
  recommendation: "OVER" | "UNDER" | "PASS" | "HOLD" | "NO_LINE" | null;
  /**
   * What became of it: PUSH when the points equal the line, PASS when neither side was taken, NO_LINE without a
   * bet to grade, VOID when the player did not play, PENDING until graded.
   */
  result: "WIN" | "LOSS" | "PUSH" | "PASS" | "NO_LINE" | "VOID" | "PENDING";
  /** Distance of forecast and actual points; null until known, and when void. */
  error: number | null;
  /** Forecast minus actual points, positive when the forecast was too high; null until known, and when void. */
  bias: number | null;
  /** The model's confidence, 0 to 100; null when the grade does not carry it. */
  confidence: number | null;
  /** Minutes played; null when unknown. */
  minutes: number | null;
  /** high from a confidence of 70, medium from 55, else low. */
  confidence_tier: "high" | "medium" | "low";
  /** elite from 25 points per game this season, starter from 15, else role_player. */
  player_tier: "elite" | "starter" | "role_player";
  /** Whether the player's team was at home; null when unknown. */
  is_home: boolean | null;
  /** Whether the player's team had played the day before; null when unknown. */
  is_back_to_back: boolean | null;
  /** Calendar days since the player's last game; null when unknown. */
  days_rest: number | null;
}

/**
 * The closest and the farthest forecast, passes included, voided ones excluded. Empty when nothing has been
 * measured.
 */
export interface ResultsHighlights {
  best_prediction?: ResultsBestPrediction;
  worst_prediction?: ResultsWorstPrediction;
}

/** The forecast with the smallest error; absent together with worst_prediction. */
export interface ResultsBestPrediction {
  /** The player's id. */
  player: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Forecast points; null when the grade does not carry them. */
  predicted: number | null;
  /** Points scored; null when the grade does not carry them. */
  actual: number | null;
  /** Distance of the two. */
  error: number;
}

/** The forecast with the largest error; absent together with best_prediction. */
export interface ResultsWorstPrediction {
  /** The player's id. */
  player: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Forecast points; null when the grade does not carry them. */
  predicted: number | null;
  /** Points scored; null when the grade does not carry them. */
  actual: number | null;
  /** Distance of the two. */
  error: number;
  /** Minutes played; null when unknown. */
  minutes: number | null;
}

/**
 * The number of league games of each date of the season, games to come included, and the dates with games next
 * to the league day.
 *
 * The document of season-game-counts, version 1.
 */
export interface SeasonGameCounts {
  /** The season, such as 2025-26. */
  season: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  updated_at: string;
  /** Newest date with games up to the league day, that day included; null before the season's first game. */
  last_game_date: string | null;
  /** First date with games after the league day; null when no game of the season is to come. */
  next_game_date: string | null;
  /** The dates with games, oldest first. */
  dates: {
    /** Games of the date, a league day; preseason, All-Star and exhibition games do not count. */
    [key: string]: number;
  };
}

/**
 * The picks of the season so far by model and date, each player once a date, with the subsets that chose the
 * player. Games that are not over have no result yet.
 *
 * The document of season-subsets, version 1.
 */
export interface SeasonSubsets {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Version of the layout that the subset documents share. */
  version: 2;
  /** The season, such as 2025-26. */
  season: string;
  /** The models, the champion first, the others by model_id. */
  model_groups: Array<SeasonSubsetsModelGroup>;
  /** The league day up to which picks are listed, inclusive. */
  as_of_date: string;
}

/** One model and its picks. */
export interface SeasonSubsetsModelGroup {
  /** Public id of the model; phoenix is the champion, whichever model that is. */
  model_id: string;
  /** Public name of the model. */
  model_name: string;
  /** primary for the champion, specialist for the others. */
  model_type: "primary" | "specialist";
  record: SeasonSubsetsRecord;
  /** The dates on which the model has picks, newest first. */
  dates: Array<SeasonSubsetsDay>;
}

/** One date. */
export interface SeasonSubsetsDay {
  /** The date, a league day. */
  date: string;
  /** The label of the date's market conditions, as in daily-signals. */
  signal: "favorable" | "neutral" | "challenging";
  /** The picks, best first; each player once. */
  picks: Array<SeasonSubsetsPick>;
}

/**
 * What the picks of the model's broadest subset won and lost before as_of_date, that day itself excluded; null
 * when it had none this season.
 */
export type SeasonSubsetsRecord = {
  /** Since the season's first regular game. */
  season: SeasonSubsetsBalance;
  /** Since the first day of the date's month, not before the season began. */
  month: SeasonSubsetsBalance;
  /** Since the Monday of the date's week, not before the season began. */
  week: SeasonSubsetsBalance;
} | null;

/** Picks won and lost; pushes and picks of players who did not play are in neither. */
export interface SeasonSubsetsBalance {
  /** Picks that were won. */
  wins: number;
  /** Picks that were lost. */
  losses: number;
  /** wins over wins and losses in percent, one decimal; 0.0 when both are. */
  pct: number;
}

/** One pick. */
export interface SeasonSubsetsPick {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when no table has the name. */
  player: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Code of the other team; null when no table names it. */
  opponent: string | null;
  /** Forecast points, one decimal. */
  prediction: number;
  /** The betting line in points that the forecast was made against, one decimal. */
  line: number;
  /** The side of the line that is picked, OVER or UNDER; picks that were frozen with another word keep it. */
  direction: string;
  /** When the forecast was made, UTC; null when unknown. */
  created_at: string | null;
  /** Points scored; null until they are known, and when the player did not play. */
  actual: number | null;
  /**
   * What became of the pick: push when the points equal the line. Null without actual, and for a direction that
   * is neither OVER nor UNDER.
   */
  result: "hit" | "miss" | "push" | null;
  /** Public ids of the model's subsets that chose the player, ascending as numbers. */
  subsets: Array<string>;
}

/**
 * Players whose newest decided games form an unbroken run: of games over the betting line, of games under it, or
 * of correct forecasts. A run looks at the 20 newest decided games of the season, and is listed while its newest
 * game is at most 30 days old. Pushes, games without a line and games not played neither count nor break.
 *
 * The document of streaks, version 1.
 */
export interface Streaks {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day before whose games the runs stand; games of the day itself never count. */
  as_of_date: string;
  /** The shortest run that is listed, in games. */
  min_streak_length: number;
  /** The runs, longest first. */
  streaks: {
    /** Runs of games over the line: at most 50, by length, then by the size of avg_margin, then by player_lookup. */
    over: Array<StreaksLineStreak>;
    /** Runs of games under the line, cut and ordered in the same way. */
    under: Array<StreaksLineStreak>;
    /**
     * Runs of correct OVER and UNDER forecasts on a bookmaker's line: at most 30, by length, then newest game
     * first, then by player_lookup.
     */
    prediction_hits: Array<StreaksPredictionStreak>;
  };
  /** Counts of all runs, those beyond the limits of the lists included. */
  summary: {
    /** Runs over the line. */
    total_over_streaks: number;
    /** Runs under the line. */
    total_under_streaks: number;
    /** Runs of correct forecasts. */
    total_prediction_streaks: number;
    /** Games of the longest run over the line; 0 when there is none. */
    longest_over: number;
    /** Games of the longest run under the line; 0 when there is none. */
    longest_under: number;
    /** Games of the longest run of correct forecasts; 0 when there is none. */
    longest_prediction: number;
  };
}

/** The player's id: the name in lower-case letters and digits. */
export type StreaksPlayerLookup = string;

/** The player's display name; the id when the registry has no such player. */
export type StreaksPlayerFullName = string;

/** Games of the run; 20 means 20 or more. */
export type StreaksStreakLength = number;

/** One player's run of games over or under the line. */
export interface StreaksLineStreak {
  player_lookup: StreaksPlayerLookup;
  player_full_name: StreaksPlayerFullName;
  /** Code of the team that the player played for in the newest game of the run. */
  team: string;
  streak_length: StreaksStreakLength;
  /** Mean of points minus line over the games of the run, one decimal; negative for a run of unders. */
  avg_margin: number;
  /** The newest games of the run, newest first, at most 5. */
  games: Array<StreaksStreakGame>;
}

/** One game of a run. */
export interface StreaksStreakGame {
  /** The game date. */
  game_date: string;
  /** Points that the player scored. */
  points: number;
  /** The betting line in points. */
  line: number;
  /** Code of the other team. */
  opponent: string;
}

/** One player's run of correct forecasts. */
export interface StreaksPredictionStreak {
  player_lookup: StreaksPlayerLookup;
  player_full_name: StreaksPlayerFullName;
  /** Code of the player's team in the newest game of the run, else in the registry; empty when neither has it. */
  team: string;
  streak_length: StreaksStreakLength;
  /** Always prediction_hits. */
  streak_type: "prediction_hits";
}

/**
 * Which subsets there are, by model: the active ones that have a public name.
 *
 * The document of subset-definitions, version 1.
 */
export interface SubsetDefinitions {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Version of the layout that the subset documents share. */
  version: 2;
  /** The models, the champion first, the others by model_id. */
  model_groups: Array<SubsetDefinitionsModelGroup>;
  /** The league day on which the list was made. */
  as_of_date: string;
}

/** One model and its subsets. */
export interface SubsetDefinitionsModelGroup {
  /** Public id of the model; phoenix is the champion, whichever model that is. */
  model_id: string;
  /** Public name of the model. */
  model_name: string;
  /** primary for the champion, specialist for the others. */
  model_type: "primary" | "specialist";
  /** One phrase about the model. */
  description: string;
  /** The model's subsets, by id as a number. */
  subsets: Array<SubsetDefinitionsSubset>;
}

/** One subset. */
export interface SubsetDefinitionsSubset {
  /** Public id of the subset: digits, as text. */
  id: string;
  /** Public name of the subset. */
  name: string;
  /** What it holds, in a few words. */
  description: string;
}

/**
 * What every subset on display won and lost over six periods that end the day before a date. Periods do not
 * reach back into the season before.
 *
 * The document of subset-performance, version 1.
 */
export interface SubsetPerformance {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Version of the layout that the subset documents share. */
  version: 2;
  /** The models, the champion first, the others by model_id. */
  model_groups: Array<SubsetPerformanceModelGroup>;
  /** The league day before which picks count. */
  as_of_date: string;
}

/** One model. */
export interface SubsetPerformanceModelGroup {
  /** Public id of the model; phoenix is the champion, whichever model that is. */
  model_id: string;
  /** Public name of the model. */
  model_name: string;
  windows: SubsetPerformanceWindows;
}

/** The periods. */
export interface SubsetPerformanceWindows {
  /** The day before as_of_date. */
  last_1_day: SubsetPerformanceWindow;
  /** The three days before as_of_date. */
  last_3_days: SubsetPerformanceWindow;
  /** The seven days before as_of_date. */
  last_7_days: SubsetPerformanceWindow;
  /** The fourteen days before as_of_date. */
  last_14_days: SubsetPerformanceWindow;
  /** The thirty days before as_of_date. */
  last_30_days: SubsetPerformanceWindow;
  /** The season up to the day before as_of_date. */
  season: SubsetPerformanceWindow;
}

/** One period. */
export interface SubsetPerformanceWindow {
  /** First date of the period, inclusive. */
  start_date: string;
  /** Last date of the period, inclusive. */
  end_date: string;
  /** Every subset of the model, also those without picks, by id as a number. */
  groups: Array<SubsetPerformanceSubset>;
}

/** One subset. */
export interface SubsetPerformanceSubset {
  /** Public id of the subset: digits, as text. */
  id: string;
  /** Public name of the subset. */
  name: string;
  stats: SubsetPerformanceStats;
}

/** What its picks won and lost. */
export interface SubsetPerformanceStats {
  /** Picks won over picks won or lost, in percent, one decimal; 0.0 without any. */
  hit_rate: number;
  /** Profit per stake in percent, one decimal, when a won pick pays 0.909 on a stake of 1; 0.0 without picks. */
  roi: number;
  /** Picks won or lost; pushes and picks of players who did not play are not counted. */
  picks: number;
}

/**
 * The picks of one date: every subset of every model on display, its record so far, and its picks, with results
 * once they are known. Once the date's first game has begun, the picks are those that stood before it. Subsets
 * without picks are listed with an empty list.
 *
 * The document of subset-picks, version 1.
 */
export interface SubsetPicks {
  /** The date, a league day. */
  date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Version of the layout that the subset documents share. */
  version: 2;
  /** The models, the champion first, the others by model_id. */
  model_groups: Array<SubsetPicksModelGroup>;
  /** Picks are paused on the date: none is added, and those that readers were shown stay. */
  halt_active: boolean;
  /**
   * Why they are paused: off_season when no game is near, between_rounds in a break such as that of the All-Star
   * game, predictions_inactive when the model has no forecasts, unknown_state when too little is known of the
   * date; the others as decided by hand or by the models' results. Null when they are not.
   */
  halt_reason: "off_season" | "between_rounds" | "edge_collapse" | "fleet_blocked" | "predictions_inactive" | "pick_drought" | "manual" | "unknown_state" | null;
  /** The day on which the pause began; null when they are not paused, or when it is unknown. */
  halt_since: string | null;
}

/** One model and its subsets. */
export interface SubsetPicksModelGroup {
  /** Public id of the model; phoenix is the champion, whichever model that is. */
  model_id: string;
  /** Public name of the model. */
  model_name: string;
  /** primary for the champion, specialist for the others. */
  model_type: "primary" | "specialist";
  /** One phrase about the model. */
  description: string;
  /** The label of the date's market conditions, as in daily-signals; the same for every model. */
  signal: "favorable" | "neutral" | "challenging";
  /** The model's subsets, by id as a number. */
  subsets: Array<SubsetPicksSubset>;
}

/** One subset. */
export interface SubsetPicksSubset {
  /** Public id of the subset: digits, as text. */
  id: string;
  /** Public name of the subset. */
  name: string;
  record: SubsetPicksRecord;
  /** The picks, best first; each player once. */
  picks: Array<SubsetPicksPick>;
}

/**
 * What a subset's picks won and lost before the date, the date itself excluded; null when it had none this
 * season.
 */
export type SubsetPicksRecord = {
  /** Since the season's first regular game. */
  season: SubsetPicksBalance;
  /** Since the first day of the date's month, not before the season began. */
  month: SubsetPicksBalance;
  /** Since the Monday of the date's week, not before the season began. */
  week: SubsetPicksBalance;
} | null;

/** Picks won and lost; pushes and picks of players who did not play are in neither. */
export interface SubsetPicksBalance {
  /** Picks that were won. */
  wins: number;
  /** Picks that were lost. */
  losses: number;
  /** wins over wins and losses in percent, one decimal; 0.0 when both are. */
  pct: number;
}

/** One pick. */
export interface SubsetPicksPick {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when no table has the name. */
  player: string;
  /** Code of the player's team; null when no table names it. */
  team: string | null;
  /** Code of the other team; null when no table names it. */
  opponent: string | null;
  /** Forecast points, one decimal. */
  prediction: number;
  /** The betting line in points that the forecast was made against, one decimal. */
  line: number;
  /** The side of the line that is picked, OVER or UNDER; picks that were frozen with another word keep it. */
  direction: string;
  /** When the forecast was made, UTC; null when unknown. */
  created_at: string | null;
  /** Points scored; null until they are known, and when the player did not play. */
  actual: number | null;
  /**
   * What became of the pick: push when the points equal the line. Null without actual, and for a direction that
   * is neither OVER nor UNDER.
   */
  result: "hit" | "miss" | "push" | null;
}

/**
 * Every player of one game date as a card on the home page, grouped by game. A date without games has no games
 * in it and zero counts; a game whose players are not known yet has an empty list.
 *
 * The document of tonight, version 1.
 */
export interface Tonight {
  /** The game date, a league day. */
  game_date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Players in this document. */
  total_players: number;
  /** Players whose has_line is true. */
  total_with_lines: number;
  /** The games of the date by tip-off, unknown tip-offs last, then by game_id. */
  games: Array<TonightGame>;
}

/** One scheduled game and its players. */
export interface TonightGame {
  /** YYYYMMDD_AWAY_HOME. */
  game_id: string;
  /** Code of the home team. */
  home_team: string;
  /** Code of the visiting team. */
  away_team: string;
  /** Tip-off on a New York clock, such as 7:30 PM ET, without a leading zero; null when unknown. */
  game_time: string | null;
  /** State of play; scheduled when the schedule does not say. */
  game_status: "scheduled" | "in_progress" | "final";
  /** Points of the home team; null before play, and while the schedule has no score. */
  home_score: number | null;
  /** Points of the visiting team; null before play, and while the schedule has no score. */
  away_score: number | null;
  /** Players of this game. */
  player_count: number;
  /**
   * The players: those with a line first, within that those who are out last, then most confident forecast,
   * highest season average and player_lookup.
   */
  players: Array<TonightPlayer>;
}

/**
 * One player's card. The four last_10 lists without an average in their name have equal length, one entry per
 * game, newest first.
 */
export interface TonightPlayer {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  name: string;
  /** Code of the player's team tonight. */
  team: string;
  /** Whether the player's team is at home; null when unknown. */
  is_home: boolean | null;
  /** Whether the champion's forecast has a betting line; props and prediction are there only if so. */
  has_line: boolean;
  /** fresh from a fatigue score of 95, tired below 75; normal when the score is unknown. */
  fatigue_level: "fresh" | "normal" | "tired";
  /** Freshness, 0 to 100, where 100 is fresh; null when unknown. */
  fatigue_score: number | null;
  /** Calendar days since the player's last game, 1 for a back-to-back; null when unknown. */
  days_rest: number | null;
  injury_status: TonightInjuryStatus;
  /**
   * The reason that the report gives, whatever the status; null when no report about tonight's game names the
   * player.
   */
  injury_reason: string | null;
  /** Points per game over the season's played games, one decimal; null before the first. */
  season_ppg: number | null;
  /** Minutes per game over the season's played games, one decimal; null before the first, or without minutes. */
  season_mpg: number | null;
  /** The same number as season_mpg. */
  minutes_avg: number | null;
  /**
   * Points per game over the five newest played games, of earlier seasons if need be, one decimal; null without
   * games.
   */
  last_5_ppg: number | null;
  /** Games played this season. */
  games_played: number;
  /** Whether games_played is below 10, too few for averages to mean much. */
  limited_data: boolean;
  /** Hot or Cold when last_5_ppg is at least 3.0 above or below season_ppg; null when either is null. */
  recent_form: "Hot" | "Cold" | "Neutral" | null;
  /** Points in each of the newest games, of all seasons; null for a game not played or without points. */
  last_10_points: Array<number | null>;
  /** The betting line of each game; null for a game not played or without a line. */
  last_10_lines: Array<number | null>;
  /**
   * Each game against its line or, where it had none, against the season average: O over, U under, - equal or
   * unknown, DNP not played.
   */
  last_10_results: Array<"O" | "U" | "-" | "DNP">;
  /**
   * Overs and unders against the line, such as 6-3; games without a line do not count. Null when there is
   * neither.
   */
  last_10_record: string | null;
  /**
   * Each game against season_ppg: O over, U under, P equal, - points unknown, DNP not played. Absent without
   * season_ppg or without games.
   */
  last_10_vs_avg?: Array<"O" | "U" | "P" | "-" | "DNP">;
  /** Overs and unders of last_10_vs_avg, such as 6-3. Absent together with it. */
  last_10_avg_record?: string;
  /** The bet on the player's points. Absent when has_line is false. */
  props?: Array<TonightProp>;
  prediction?: TonightPrediction;
  /** What each entry of last_10_results is measured against; null where there is nothing to compare. */
  last_10_results_basis: Array<"line" | "season_avg" | null>;
}

/** What the newest report about tonight's game says; available when none names the player. */
export type TonightInjuryStatus = "out" | "doubtful" | "questionable" | "probable" | "available";

/** A bet that is on offer. */
export interface TonightProp {
  /** What is bet on: always points. */
  stat_type: "points";
  /** The betting line in points. */
  line: number;
  /** The best American odds on the over side of this line; null without an offer. */
  over_odds: TonightOdds;
  /** The best American odds on the under side of this line; null without an offer. */
  under_odds: TonightOdds;
}

/** American odds: from 100 to 10000, or from -10000 to -100. */
export type TonightOdds = number | null;

/** The champion's forecast. Absent when has_line is false. */
export interface TonightPrediction {
  /** Forecast points. */
  predicted: number;
  /** The model's confidence, 0 to 100. */
  confidence: number;
  /** Which side of the line the model takes; PASS and HOLD for neither. */
  recommendation: "OVER" | "UNDER" | "PASS" | "HOLD" | "NO_LINE";
  /**
   * What speaks for the recommendation, in English: the edge, the last ten games, rest, form. Empty for neither
   * side.
   */
  factors: Array<string>;
}

/**
 * The detail behind one player's game tonight. A player who has a document but no game on the date gets one
 * without game_context, quick numbers, factors, form and prediction.
 *
 * The document of tonight-players, version 1.
 */
export interface TonightPlayers {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player, or without a game. */
  player_full_name: string;
  /**
   * The league day that the document is about. Compare it with the current day: a document stays until the next
   * one.
   */
  game_date: string;
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** Games played this season; 0 when the player has no game tonight. */
  games_played: number;
  /** Whether games_played is below 10, too few for averages to mean much. */
  limited_data: boolean;
  game_context: TonightPlayersGameContext;
  quick_numbers: TonightPlayersQuickNumbers;
  fatigue: TonightPlayersFatigue;
  current_streak: TonightPlayersCurrentStreak;
  /**
   * What may matter tonight, in the order back_to_back, location, vs_opponent, well_rested, fatigue or fresh,
   * opponent_defense; each only when it applies.
   */
  tonights_factors: Array<TonightPlayersFactor>;
  /** The player's newest games before tonight, of all seasons, newest first, games not played included. */
  recent_form: Array<TonightPlayersPastGame>;
  prediction: TonightPlayersPrediction;
}

/** Tonight's game; null when the player has none. */
export type TonightPlayersGameContext = {
  /** YYYYMMDD_AWAY_HOME; the id as stored for a game that the schedule does not know. */
  game_id: string;
  /** Code of the other team. */
  opponent: string;
  /** Whether the player's team is at home; null when unknown. */
  home_game: boolean | null;
  /** Code of the player's team tonight. */
  team_abbr: string;
  /** The betting line in points of the champion's forecast; null when there is no forecast or no line. */
  line: number | null;
  /** Calendar days since the player's last game, 1 for a back-to-back; null when unknown. */
  days_rest: number | null;
  /** Whether the player's team played yesterday; null when unknown. */
  is_back_to_back: boolean | null;
  /** What the newest report about tonight's game says; available when none names the player. */
  injury_status: "out" | "doubtful" | "questionable" | "probable" | "available";
  /**
   * The reason that the report gives, whatever the status; null when no report about tonight's game names the
   * player.
   */
  injury_reason: string | null;
} | null;

/** Averages over played games. Empty when the player has no game tonight. */
export interface TonightPlayersQuickNumbers {
  /** Points per game this season, one decimal; null before the first game. */
  season_ppg?: number | null;
  /** Minutes per game this season, one decimal; null before the first game, or without minutes. */
  season_mpg?: number | null;
  /** Games played this season. */
  games_played?: number;
  /**
   * Points per game over the ten newest played games, of earlier seasons if need be, one decimal; null without
   * games.
   */
  last_10_ppg?: number | null;
  /** Minutes per game over the ten newest played games, one decimal; null without minutes. */
  last_10_mpg?: number | null;
  /**
   * Points per game over the five newest played games, of earlier seasons if need be, one decimal; null without
   * games.
   */
  last_5_ppg?: number | null;
  /** Minutes per game over the five newest played games, one decimal; null without minutes. */
  last_5_mpg?: number | null;
}

/** How fresh the player is. */
export interface TonightPlayersFatigue {
  /** Freshness, 0 to 100, where 100 is fresh; null when unknown. */
  score: number | null;
  /** fresh from a score of 95, tired below 75; normal when the score is unknown. */
  level: "fresh" | "normal" | "tired";
  /** How the score came about, as a string that holds JSON: parse it once more. Null when unknown. */
  context: string | null;
}

/** The run of games over or under the line that stands before tonight, counted as in streaks. */
export interface TonightPlayersCurrentStreak {
  /** Which side of the line; null without a decided game this season. */
  type: "over" | "under" | null;
  /** Games of the run, 0 when type is null; 20 means 20 or more. */
  length: number;
}

/** One thing that may matter tonight. Which keys it has follows from factor. */
export interface TonightPlayersFactor {
  /** What it is about: fatigue for a tired player, fresh for a fresh one. */
  factor: "back_to_back" | "location" | "vs_opponent" | "well_rested" | "fatigue" | "fresh" | "opponent_defense";
  /** Whether it speaks for or against a high score. */
  direction: "positive" | "neutral" | "negative";
  /**
   * Points per game on back-to-backs minus points per game otherwise, this season, one decimal. Only with
   * back_to_back.
   */
  impact?: number;
  /**
   * Share of such games this season that went over the line, three decimals; null when none was decided. Only
   * with back_to_back, location, vs_opponent and well_rested.
   */
  vs_line_pct?: number | null;
  /**
   * The opponent's place among all defences, 1 for the fewest points allowed; equal teams share a place. Only
   * with opponent_defense.
   */
  defense_rank?: number;
  /** elite to rank 5, good to 10, average to 20, weak beyond. Only with opponent_defense. */
  defense_tier?: "elite" | "good" | "average" | "weak";
  /** Points per game that the opponent allows. Only with opponent_defense. */
  ppg_allowed?: number;
  /** The factor as an English phrase. */
  description: string;
}

/** A past game, or one that the player missed. */
export interface TonightPlayersPastGame {
  /** The game date. */
  game_date: string;
  /** Code of the other team. */
  opponent: string;
  /** Whether the player's team was at home; null when the game id does not say it. */
  home_game: boolean | null;
  /** Whether the player did not play; points, minutes and shots are null if so. */
  is_dnp: boolean;
  /** Points scored; null when not played or unknown. */
  points: number | null;
  /** Minutes played; null when not played or unknown. */
  minutes: number | null;
  /** Field goals as made/attempted; null when not played, unknown or none attempted. */
  fg: string | null;
  /** Three-pointers as made/attempted; null when not played, unknown or none attempted. */
  three: string | null;
  /** Free throws as made/attempted; null when not played, unknown or none attempted. */
  ft: string | null;
  /** The game against its line; DNP when not played, null for a push, without a line or without points. */
  over_under: "OVER" | "UNDER" | "DNP" | null;
  /** The betting line in points, also of a game not played; null when there was none. */
  line: number | null;
  /** Points minus line, one decimal; null when not played or either is unknown. */
  margin: number | null;
  /**
   * Points against season_ppg: O over, U under, P equal, - points unknown, DNP not played. Absent from played
   * games while season_ppg is null.
   */
  vs_avg?: "O" | "U" | "P" | "-" | "DNP";
}

/** The champion's forecast, with or without a line; null when there is none. */
export type TonightPlayersPrediction = {
  /** Forecast points. */
  predicted_points: number;
  /** The model's confidence, 0 to 100. */
  confidence_score: number;
  /** Which side of the line the model takes: PASS and HOLD for neither, NO_LINE when there is no line. */
  recommendation: "OVER" | "UNDER" | "PASS" | "HOLD" | "NO_LINE";
  /** The betting line in points when the forecast was made; null when there was none. */
  line: number | null;
  /**
   * Forecast minus line in points, one decimal, positive when the forecast is above the line; null without a
   * line.
   */
  edge: number | null;
  /** Points that the expected pace of the game added or took away; null when the model does not say. */
  pace_adjustment: number | null;
  /**
   * Past games that the forecast was likened to; null for models that do not work that way, the champion among
   * them.
   */
  similar_games: number | null;
} | null;

/**
 * Players of the date's games with a streak against the line, with momentum, or with rest that makes a
 * difference, as known before the games. Players whose team plays and who are not reported out are looked at.
 *
 * The document of tonight-trend-plays, version 1.
 */
export interface TonightTrendPlays {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day of the games; they do not count themselves. */
  game_date: string;
  /** Scheduled games of the date. */
  games_tonight: number;
  /** Players in the list. */
  total_trend_plays: number;
  /**
   * Each player once: high confidence first, then streak, momentum, rest, then the strongest, then
   * player_lookup.
   */
  trend_plays: Array<TonightTrendPlaysPlay>;
  /** Players by every trend that they have; they may have several, so that this need not add up to the total. */
  by_trend_type: {
    /** Players with a streak. */
    streak: number;
    /** Players with momentum. */
    momentum: number;
    /** Players with a trend of rest. */
    rest: number;
  };
  /** Players by the trend that they are shown with; it adds up to the total. */
  shown_by_trend_type: {
    /** Players with a streak. */
    streak: number;
    /** Players with momentum. */
    momentum: number;
    /** Players with a trend of rest. */
    rest: number;
  };
}

/** A player and the first trend that he has: streak, momentum, rest. */
export interface TonightTrendPlaysPlay {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** Code of the player's team: that of tonight's game, else of the newest game played. */
  team_abbr: string;
  /** Position by the registry; null when it has none. */
  position: string | null;
  /** What kind of trend it is. */
  trend_type: "streak" | "momentum" | "rest";
  /**
   * The way it speaks for: that of the streak, of the momentum, or of the average with the player's rest against
   * that of all games.
   */
  trend_direction: "over" | "under";
  /** The figures of the trend: those of its trend_type only. */
  trend_details: {
    /** Streak: newest decided games of the season that went the same way; 20 means 20 or more. */
    streak_length?: number;
    /** Streak: mean of points minus line over these games, one decimal. */
    avg_margin?: number;
    /** Streak: share of overs among the ten newest decided games of the season, two decimals. */
    hit_rate_l10?: number;
    /** Momentum: whether the newest games are above or below those around them. */
    momentum_type?: "surging" | "slumping";
    /** Momentum: points per game of the newest five games of the last 45 days, one decimal. */
    l5_avg?: number;
    /** Momentum: points per game of the newest fifteen of them, at least ten, one decimal. */
    l15_avg?: number;
    /** Momentum: by how many percent of l15_avg the newest five differ, one decimal. */
    pct_change?: number;
    /** Momentum: by how many points, one decimal. */
    ppg_change?: number;
    /** Rest: fresh with a gap of 3 to 7 days, tired with one of 1. */
    rest_status?: "fresh" | "tired";
    /** Rest: calendar days since the player's last game. */
    days_rest?: number;
    /**
     * Rest: points per game after gaps of 3 days or more, over this season and three before, one decimal; null
     * without any.
     */
    rested_avg?: number | null;
    /** Rest: points per game after gaps of one day, one decimal; null without any. */
    b2b_avg?: number | null;
    /** Rest: points per game of all games with a gap, one decimal. */
    overall_avg?: number;
    /** Rest: rested_avg minus b2b_avg, each overall_avg where it is null, one decimal. */
    rest_impact?: number;
    /** Rest: games behind the average of the player's rest_status. */
    sample_games?: number;
  };
  /**
   * high for a streak from 5 games, momentum from 25 percent, rest from 10 games and 3 points of rest_impact;
   * else medium.
   */
  confidence: "high" | "medium";
  /** The team's game on game_date. */
  tonight: {
    /** Code of the other team. */
    opponent: string;
    /** Tip-off in New York, such as 7:30 PM ET; null when unknown. */
    game_time: string | null;
    /** The player's team is the home team. */
    home: boolean;
  };
}

/**
 * Players whose last game was 10 points or more below their season's average, and how often such games are
 * followed by an average game or a better one.
 *
 * The document of trends-bounce-back, version 1.
 */
export interface TrendsBounceBack {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day before whose games the window ends; games of the day itself never count. */
  as_of_date: string;
  /** Points below the season's average that make a game bad. */
  shortfall_threshold: 10;
  /** Players in the list. */
  total_candidates: number;
  /**
   * Everybody with at least 10 games this season whose last game was bad: by rate, those without a rate last,
   * then by unrounded shortfall, then by player_lookup.
   */
  bounce_back_candidates: Array<TrendsBounceBackCandidate>;
  /** How often all players with at least 10 games since 2021 answer a bad game, by the same definition. */
  league_baseline: {
    /** Share of their bad games that were answered, three decimals; null without any. */
    avg_bounce_back_rate: number | null;
    /** Their bad games. */
    sample_size: number;
  };
}

/** A player whose last game was bad. */
export interface TrendsBounceBackCandidate {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** Code of the player's team: that of tonight's game, else of the newest game played. */
  team_abbr: string;
  /** The bad game, of the season and at most 14 days old. */
  last_game: {
    /** Its date. */
    date: string;
    /** Points that the player scored. */
    result: number;
    /** Code of the other team. */
    opponent: string;
    /** Points minus season_average, one decimal: the shortfall with its sign. */
    margin: number;
  };
  /** Points per game of the season, the bad game included, one decimal. */
  season_average: number;
  /** Points by which the game was below that average, one decimal. */
  shortfall: number;
  /**
   * Share of the player's bad games since 2021 that were followed by an average game or a better one, three
   * decimals; null with fewer than 3.
   */
  bounce_back_rate: number | null;
  /**
   * Bad games of the player since 2021, each by the average of its own season, that a game of the same season
   * followed.
   */
  bounce_back_sample: number;
  /** high from 10 bad games and a rate of 0.7, medium from 5 and 0.6, else low. */
  significance: "high" | "medium" | "low";
  /** Place in the list, from 1. */
  rank: number;
  /** The player's team plays on as_of_date, whether or not the player does. */
  playing_tonight: boolean;
  /** The team's game on as_of_date; null when it has none. */
  tonight: {
    /** Code of the other team. */
    opponent: string;
    /** Tip-off in New York, such as 7:30 PM ET; null when unknown. */
    game_time: string | null;
    /** The player's team is the home team. */
    home: boolean;
  } | null;
  /**
   * Status in the newest injury report of that game, lower case; available when no report names the player, null
   * when the team does not play.
   */
  injury_status: string | null;
}

/**
 * The players who go over the betting line most these days, and those who do least. It looks at the games of the
 * 30 days before its date; pushes, games without a line and games not played do not count.
 *
 * The document of trends-hot-cold, version 1.
 */
export interface TrendsHotCold {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day before whose games the window ends; games of the day itself never count. */
  as_of_date: string;
  /** The window, always last_30_days. */
  time_period: "last_30_days";
  /** The decided games in the window that a player needs. */
  min_games: number;
  /** Players with enough decided games, those beyond the limits of the lists included. */
  total_qualifying_players: number;
  /**
   * The hottest players first: at most 10, by unrounded heat, then by margin, games and player_lookup. With
   * fewer than 20 players it is the upper half, rounded up.
   */
  hot: Array<TrendsHotColdPlayer>;
  /** The coldest players first: at most 10, in the exact reverse order. Nobody is in both lists. */
  cold: Array<TrendsHotColdPlayer>;
  /** Means over all qualifying players, each of whom counts once. */
  league_average: {
    /** Mean of the hit rates, three decimals; null without players. */
    hit_rate: number | null;
    /** Mean of the margins, two decimals; null without players. */
    avg_margin: number | null;
  };
}

/** One player's window. */
export interface TrendsHotColdPlayer {
  /** The player's id: the name in lower-case letters and digits. */
  player_lookup: string;
  /** The player's display name; the id when the registry has no such player. */
  player_full_name: string;
  /** Code of the player's team: that of tonight's game, else of the newest game played. */
  team_abbr: string;
  /** Position by the registry; null when it has none. */
  position: string | null;
  /**
   * Half of it is the hit rate, a quarter the run of overs (10 are the whole of it), a quarter the margin (10
   * points above the line are the whole of it, 10 below are nothing); one decimal.
   */
  heat_score: number;
  /** Share of the decided games that went over the line, three decimals. */
  hit_rate: number;
  /** Decided games in the window. */
  hit_rate_games: number;
  /** Newest decided games in the window that went the same way. */
  current_streak: number;
  /** The way they went. */
  streak_direction: "over" | "under";
  /** Mean of points minus line over the decided games, two decimals. */
  avg_margin: number;
  /** Place in the list, from 1. */
  rank: number;
  /** The player's team plays on as_of_date, whether or not the player does. */
  playing_tonight: boolean;
  /** The team's game on as_of_date; null when it has none. */
  tonight: {
    /** Code of the other team. */
    opponent: string;
    /** Tip-off in New York, such as 7:30 PM ET; null when unknown. */
    game_time: string | null;
    /** The player's team is the home team. */
    home: boolean;
  } | null;
  /**
   * Status in the newest injury report of that game, lower case; available when no report names the player, null
   * when the team does not play.
   */
  injury_status: string | null;
}

/**
 * One-line facts about what went over the betting line more often, or less often, than all games of the 90 days
 * before its date. Pushes, games without a line and games not played do not count.
 *
 * The document of trends-quick-hits, version 1.
 */
export interface TrendsQuickHits {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day before whose games the window ends; games of the day itself never count. */
  as_of_date: string;
  /**
   * At most 8 facts: those farthest from the average first (home_away_split by half its gap), then by
   * sample_size, then by id.
   */
  stats: Array<TrendsQuickHitsStat>;
  /** Facts before the list was cut. */
  total_available: number;
  /** How often the page is made, for people. */
  refresh_note: "Refreshed every Wednesday";
}

/** One fact. */
export interface TrendsQuickHitsStat {
  /** The group of games; the types of player are by points per game in the window. */
  id: "monday_overs" | "tuesday_overs" | "wednesday_overs" | "thursday_overs" | "friday_overs" | "saturday_overs" | "sunday_overs" | "b2b_overs" | "one_day_overs" | "rested_overs" | "home_away_split" | "stars_overs" | "scorers_overs" | "rotation_overs" | "bench_overs";
  /** What the group has in common. */
  category: "day_of_week" | "situational" | "player_type";
  /** A headline for people, which goes with the sign of the difference. */
  headline: string;
  /**
   * Percent of the group's games that went over the line, one decimal; of home_away_split that of the side which
   * goes over more often.
   */
  stat: string;
  /** What stat is, for people. */
  description: string;
  /** Games of the group that went over or under the line; those of both sides of home_away_split. */
  sample_size: number;
  /** positive above 52 percent, negative below 48. */
  trend: "positive" | "negative" | "neutral";
  /** What stat is compared with, for people: all games of the window, or the other side. */
  context: string;
}

/**
 * Tendencies of teams: pace, defence by zone, home and away, back-to-backs. Every list has at most five teams
 * and at most half of those that have enough games, so that no team is at both ends; equal teams are ordered by
 * code.
 *
 * The document of trends-team, version 1.
 */
export interface TrendsTeam {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day before whose games the window ends; games of the day itself never count. */
  as_of_date: string;
  /** Teams with at least five games of known pace in the 30 days before. */
  pace: {
    /** The fastest first. */
    kings: Array<TrendsTeamPace>;
    /** The slowest first. */
    grinders: Array<TrendsTeamPace>;
    /** Mean of these teams, two decimals; null without teams. */
    league_average: number | null;
  };
  /** By each team's newest analysis, of the 30 days before and not of a young season. */
  defense_by_zone: {
    /** In the paint. */
    paint: {
      /** The lowest shares first. */
      best: Array<TrendsTeamZone>;
      /** The highest shares first. */
      worst: Array<TrendsTeamZone>;
    };
    /** Behind the three-point line. */
    perimeter: {
      /** The lowest shares first. */
      best: Array<TrendsTeamZone>;
      /** The highest shares first. */
      worst: Array<TrendsTeamZone>;
    };
  };
  /** Teams with at least five games at home and five on the road in the 60 days before. */
  home_away: {
    /** The largest differential first. */
    home_dominant: Array<TrendsTeamPlace>;
    /** The smallest differential first. */
    road_warriors: Array<TrendsTeamPlace>;
  };
  /** Teams with at least three games on back-to-backs and five after more rest in the 90 days before. */
  back_to_back: {
    /** The smallest impact first. */
    vulnerable: Array<TrendsTeamRest>;
    /** The largest impact first. */
    resilient: Array<TrendsTeamRest>;
  };
}

/** A team's pace. */
export interface TrendsTeamPace {
  /** Code of the team. */
  team: string;
  /** Possessions per game, two decimals. */
  pace: number;
  /** Games behind it. */
  games: number;
  /** Points per game, one decimal; null when they are unknown. */
  avg_points: number | null;
  /** pace minus the mean of all teams, two decimals. */
  vs_league: number;
  /** What that says, for people. */
  insight: string;
}

/** A team's defence in one zone. */
export interface TrendsTeamZone {
  /** Code of the team. */
  team: string;
  /** Percent of shots there that went in, over the last 15 games, one decimal. */
  dfg_pct: number;
  /** Points per game of its opponents, one decimal; null when unknown. */
  opp_ppg: number | null;
  /** Games behind the analysis; null when unknown. */
  games: number | null;
  /** What that says, for people. */
  insight: string;
}

/** A team at home and on the road. */
export interface TrendsTeamPlace {
  /** Code of the team. */
  team: string;
  /** Points per game at home, one decimal. */
  home_ppg: number;
  /** Points per game on the road, one decimal. */
  away_ppg: number;
  /** The first minus the second, one decimal. */
  differential: number;
  /** What that says, for people. */
  insight: string;
}

/** A team on back-to-backs. */
export interface TrendsTeamRest {
  /** Code of the team. */
  team: string;
  /** Points per game the day after another game, one decimal. */
  b2b_ppg: number;
  /** Points per game after more rest, one decimal. */
  rested_ppg: number;
  /** The first minus the second, one decimal. */
  impact: number;
  /** Games the day after another one. */
  b2b_games: number;
  /** What that says, for people. */
  insight: string;
}

/**
 * What changes how often players go over their betting line, by type of player. It looks at the 365 days before
 * its date, and at players with at least 20 games in them; pushes, games without a line and games not played do
 * not count.
 *
 * The document of trends-what-matters, version 1.
 */
export interface TrendsWhatMatters {
  /** When the export was asked for, UTC. The only field that changes when nothing else does. */
  generated_at: string;
  /** The league day before whose games the window ends; games of the day itself never count. */
  as_of_date: string;
  /** The types of player. */
  archetypes: {
    /** 22 points per game or more. */
    star: TrendsWhatMattersArchetype;
    /** 15 or more. */
    scorer: TrendsWhatMattersArchetype;
    /** 8 or more. */
    rotation: TrendsWhatMattersArchetype;
    /** Everybody else. */
    role_player: TrendsWhatMattersArchetype;
  };
  /**
   * Sentences for people about the largest differences: stars against role players from 5 percentage points,
   * stars on back-to-backs against rested from 2, home against away of each type from 3; one that says so when
   * nothing differs.
   */
  key_insights: Array<string>;
}

/** One type of player, by points per game in the window. */
export interface TrendsWhatMattersArchetype {
  /** What makes the type. */
  description: "22+ PPG stars" | "15-22 PPG scorers" | "8-15 PPG rotation" | "Under 8 PPG role players";
  /** Players of the type with a game that went over or under the line. */
  player_count: number;
  /** Display names of the first three of them, by unrounded points per game, then by player_lookup. */
  example_players: Array<string>;
  /** Percent of their games that went over the line, one decimal; null without games. */
  overall_over_pct: number | null;
  /** What may change that. A situation with too few games is absent. */
  factors: {
    /** By nights off since the player's game before, within one season; at least 20 games each. */
    rest: {
      /** No night off. */
      b2b?: TrendsWhatMattersBucket;
      /** One night off. */
      one_day?: TrendsWhatMattersBucket;
      /** Two nights off or more. */
      rested?: TrendsWhatMattersBucket;
    };
    /** By place, where it is known; at least 50 games each. */
    home_away: {
      /** At home. */
      home?: TrendsWhatMattersBucket;
      /** On the road. */
      away?: TrendsWhatMattersBucket;
    };
  };
}

/** Games in one situation. */
export interface TrendsWhatMattersBucket {
  /** Games that went over or under the line. */
  games: number;
  /** Percent of them that went over, one decimal. */
  over_pct: number;
}

/**
 * What is published, how fresh it is, and how it stands. Written by every run, and at least every ten minutes by
 * the streaming job.
 *
 * The document of status, version 2.
 */
export interface Status {
  /** When it was last written, by a run or by the streaming job. */
  updated_at: string;
  /**
   * unhealthy when one of live_data, tonight_data and predictions is; else degraded when any service is not
   * healthy.
   */
  overall_status: "healthy" | "degraded" | "unhealthy";
  /** What the site is made of. On a day without games all are healthy. */
  services: {
    /** Live scores. Stale after 10 minutes while games are active. */
    live_data: {
      status: StatusServiceState;
      /** What the state means, for people; its words may change. */
      message: string;
      /** When what it stands for was last found to be right, whether or not it was written then; null when never. */
      last_update: string | null;
      /** Minutes since last_update, one decimal; null when never. */
      age_minutes: number | null;
      /**
       * Whether what is published is of another date, or was not checked for too long while that matters; null
       * when unknown.
       */
      is_stale: boolean | null;
      /** Whether a game is past its tip-off and not over; null when the schedule is not available. */
      games_active: boolean | null;
      /** When live scores are expected to be checked again; null while no game is active. */
      next_update_expected: string | null;
    };
    /** Tonight's players. Stale after 60 minutes from the first export of the day to the last final. */
    tonight_data: {
      status: StatusServiceState;
      /** What the state means, for people; its words may change. */
      message: string;
      /** When what it stands for was last found to be right, whether or not it was written then; null when never. */
      last_update: string | null;
      /** Minutes since last_update, one decimal; null when never. */
      age_minutes: number | null;
      /**
       * Whether what is published is of another date, or was not checked for too long while that matters; null
       * when unknown.
       */
      is_stale: boolean | null;
    };
    /** Grades of running games. Stale after 10 minutes while games are active. */
    grading: {
      status: StatusServiceState;
      /** What the state means, for people; its words may change. */
      message: string;
      /** When what it stands for was last found to be right, whether or not it was written then; null when never. */
      last_update: string | null;
      /**
       * Whether what is published is of another date, or was not checked for too long while that matters; null
       * when unknown.
       */
      is_stale: boolean | null;
    };
    /**
     * Forecasts. Without any it is degraded from 13:00 New York time, and unhealthy from an hour before the
     * first tip-off.
     */
    predictions: {
      status: StatusServiceState;
      /** What the state means, for people; its words may change. */
      message: string;
      /** Players with a published forecast for target_date. */
      predictions_count: number;
      /** The league day. */
      target_date: string;
    };
  };
  /** The services that are not healthy, in their order. */
  known_issues: Array<{
    severity: StatusServiceState;
    /** What the state means, for people; its words may change. */
    message: string;
    /** Since when the service has been in this state. */
    detected_at: string;
  }>;
  /** Announced maintenance; empty when there is none. */
  maintenance_windows: Array<{
    /** When it begins. */
    start: string;
    /** When it ends. */
    end: string;
    /** What is maintained, for people. */
    message: string;
  }>;
  /** The break that the league day lies in: three days or more between two game dates; null without one. */
  active_break: {
    /** What it is called. */
    headline: "All-Star Break" | "Holiday Break" | "Thanksgiving Break" | "Extended Break" | "Schedule Break";
    /** When play resumes, for people. */
    message: string;
    /** The next game date. */
    resume_date: string;
    /** The game date before it. */
    last_game_date: string;
  } | null;
  /** From this instant on the status says nothing any more: readers show unknown. */
  valid_until: string;
  /** Of this shape. */
  version: 2;
  /** By export type, the newest date that was published or held back, as it is published. */
  exports: {
    [key: string]: {
      /** The game date. */
      date: string;
      state: StatusState;
      /** Documents of the date that are published. */
      documents: number;
      /** What they show, for example picks. */
      counts: {
        [key: string]: number;
      };
      /** When they were last found to be right, whether or not they were written then. */
      checked_at: string;
      /** The instant whose picture of the warehouse they show. */
      as_of: string;
      /** The execution that checked them; empty without any. */
      execution_id: string;
    };
  };
  /** The newest game dates, newest first. */
  dates: {
    [key: string]: {
      /** How the newest run of the date ended. */
      status: "success" | "degraded" | "kept" | "partial" | "failed";
      /** How each export type stands. */
      exports: {
        [key: string]: {
          state: StatusState;
          /** The instant of the warehouse that the newest run read. */
          as_of: string;
          /** The newest run, which published it or held it back. */
          execution_id: string;
        };
      };
    };
  };
  /** Games of the last week that are not waited for, since they are postponed, suspended or cancelled. */
  unplayed_games: Array<{
    /** YYYYMMDD_AWAY_HOME. */
    game_id: string;
    /** Why it is not waited for. */
    reason: string;
  }>;
}

/** Whether the export type was published, and why not. */
export type StatusState = "ready" | "no_games" | "withheld" | "degraded" | "failed";

/** How a service stands; unknown when it cannot be judged. */
export type StatusServiceState = "healthy" | "degraded" | "unhealthy" | "unknown";
