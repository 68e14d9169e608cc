// What compiles, and what must not: tsc rejects an expected error that is none.
import { type DocumentAt, Phase6, type Results, type Status, type Tonight, VERSIONS, PATHS, pathOf } from "CLIENT";

export async function usage(api: Phase6): Promise<void> {
  const results: Results | null = await api.get("results/{date}.json", { date: "2026-02-11" });
  const latest: Results | null = await api.get("results/latest.json");
  const tonight: Tonight | null = await api.get("tonight/all-players.json");
  const status: Status | null = await api.get("status.json");
  await api.get("tonight/player/{date}/{player}.json", { date: "2026-02-11", player: "lebronjames" });
  const version: 1 = VERSIONS.results;
  const pointer: "results/latest.json" = PATHS.results.pointers[0];
  const shown: DocumentAt[typeof pointer] | null = latest;

  // @ts-expect-error a path that is not published
  await api.get("results/newest.json");
  // @ts-expect-error a parameter is missing
  await api.get("results/{date}.json");
  // @ts-expect-error one of two parameters is missing
  await api.get("tonight/player/{date}/{player}.json", { date: "2026-02-11" });
  // @ts-expect-error a parameter that the path does not have
  await api.get("results/{date}.json", { date: "2026-02-11", player: "lebronjames" });
  // @ts-expect-error a pointer has no parameters
  await api.get("results/latest.json", { date: "2026-02-11" });
  // @ts-expect-error another document
  const wrong: Tonight | null = await api.get("results/latest.json");
  // @ts-expect-error it may not be published
  results.game_date;
  // @ts-expect-error a field that there is not
  results?.surprise;
  // @ts-expect-error a pointer that there is not
  PATHS.results.pointers[1];
  void [results, latest, tonight, status, version, shown, wrong, pathOf("results/latest.json")];
}
