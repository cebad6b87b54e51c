import type { CsvError, Options } from "csv-parse";
import { StropError } from "../errors.js";
import { type Table, type TableOptions, TableReader } from "./table.js";
import { lineError } from "./table-cell.js";

/** The most bytes of one record: what an open quote may swallow. */
const RECORD_BYTES_MAX = 2 ** 24;
const BOM_UTF8 = [0xef, 0xbb, 0xbf];

/**
 * Reads a table from the bytes or the text of a CSV file.
 *
 * @param name of the file, for errors
 */
export async function readCsv(
  source: Uint8Array | string,
  name: string,
  options: TableOptions = {},
): Promise<Table> {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  const table = new TableReader(name, options);
  const delimiter = options.delimiter ?? delimiterOf(bytes);
  // 120 KB that a page without tables need not load.
  const { parse } = await import("csv-parse/browser/esm/sync");
  try {
    parse(bytes as Parameters<typeof parse>[0], csvOptions(table, delimiter));
  } catch (error) {
    throw csvError(error, name);
  }
  return table.finish();
}

/** How csv-parse hands its records to a table; it keeps none itself. */
export function csvOptions(table: TableReader, delimiter: string): Options {
  return {
    bom: true,
    delimiter,
    max_record_size: RECORD_BYTES_MAX,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    trim: true,
    on_record(record, { lines }) {
      table.add(record as readonly string[], lines);
      return null;
    },
  };
}

/** The delimiter that the first line has most of, outside quotes: comma, semicolon or tab. */
export function delimiterOf(start: Uint8Array): string {
  const counts = { ",": 0, ";": 0, "\t": 0 };
  let quoted = false;
  let seen = false;
  const from = BOM_UTF8.every((byte, i) => start[i] === byte) ? BOM_UTF8.length : 0;
  for (const byte of start.subarray(from)) {
    const char = String.fromCharCode(byte);
    if (char === '"') quoted = !quoted;
    if (quoted) continue;
    // Empty lines before the first say nothing.
    if ((char === "\n" || char === "\r") && seen) break;
    seen ||= char !== "\n" && char !== "\r";
    if (Object.hasOwn(counts, char)) counts[char as keyof typeof counts]++;
  }
  const [best = ",", count = 0] = Object.entries(counts).sort((a, b) => b[1] - a[1])[0] ?? [];
  return count > 0 ? best : ",";
}

/** What csv-parse found wrong, in our form; what is no error of its own goes through. */
export function csvError(error: unknown, file: string): unknown {
  const { code, lines } = error as Partial<CsvError> & { code?: string; lines?: number };
  if (error instanceof StropError || typeof code !== "string" || lines === undefined) return error;
  switch (code as string) {
    case "CSV_MAX_RECORD_SIZE":
      return lineError(file, lines, "a record longer than 16 MiB", "Is a quote left open?");
    case "CSV_QUOTE_NOT_CLOSED":
      return lineError(file, lines, "a quote is left open", "Close it.");
    default:
      return lineError(
        file,
        lines,
        "a quote within a value",
        'Put the whole value in quotes, and write "" for a quote in it.',
      );
  }
}
