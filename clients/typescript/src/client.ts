// A typed fetcher of the Phase 6 API. What is where, and of which shape, comes from paths.ts and documents.ts.

import type { DocumentAt } from "./paths.js";

export type * from "./documents.js";
export { PATHS, VERSIONS } from "./paths.js";
export type { DocumentAt } from "./paths.js";

/** The path of a document or pointer, with its parameters in braces: `results/{date}.json`. */
export type Path = keyof DocumentAt;

type Names<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** The parameters of a path: `{ date: string }` for `results/{date}.json`. */
export type Parameters<P extends string> = { [Name in Names<P>]: string };

/** The parameters are left out where a path has none. */
export type Arguments<P extends string> = [Names<P>] extends [never] ? [] : [parameters: Parameters<P>];

/** An answer that is neither the document nor that there is none. */
export class ApiError extends Error {
  constructor(
    readonly url: string,
    readonly status: number,
  ) {
    super(`${url} answered ${status}, so that the document is unknown: try again later`);
    this.name = "ApiError";
  }
}

/** Return a path with its parameters filled in. */
export function pathOf<P extends Path>(path: P, ...[parameters]: Arguments<P>): string {
  const values: Record<string, string> = { ...parameters };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (!value) throw new TypeError(`${path} needs ${name}, which is empty or missing: give it`);
    return encodeURIComponent(value);
  });
}

/** Reads documents from where they are kept. */
export class Phase6 {
  /**
   * @param base URL below which the documents are kept: `https://example.com/v1`.
   * @param fetcher What fetches; the `fetch` of the platform by default.
   */
  constructor(
    private readonly base: string,
    private readonly fetcher: (url: string) => Promise<Response> = (url) => fetch(url),
  ) {}

  /** Return the document at a path; null when nothing is published there. */
  async get<P extends Path>(path: P, ...parameters: Arguments<P>): Promise<DocumentAt[P] | null> {
    const url = `${this.base.replace(/\/+$/, "")}/${pathOf(path, ...parameters)}`;
    const answer = await this.fetcher(url);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new ApiError(url, answer.status);
    return (await answer.json()) as DocumentAt[P];
  }
}
