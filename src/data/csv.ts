import type { CsvError, Options } from "csv-parse";
import { StropError } from "../errors.js";
import { type Table, type TableOptions, TableReader } from "./table.js";
import { lineError } from "./table-cell.js";

/** The most bytes of one record: what an open quote may swallow. */
const RECORD_BYTES_MAX = 2 ** 22;

/** The text of a file, or of its start. Throws a StropError for UTF-16, which some programs save. */
export function textOf(bytes: Uint8Array, name: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new StropError("it is UTF-16", {
      code: "table-text",
      where: name,
      hint: "Save it as UTF-8.",
    });
  }
  return new TextDecoder().decode(bytes);
}

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
  const table = new TableReader(name, options);
  const text = typeof source === "string" ? source : textOf(source, name);
  const delimiter = options.delimiter ?? delimiterOf(text);
  // 120 KB that a page without tables need not load.
  const { parse } = await import("csv-parse/browser/esm/sync");
  try {
    parse(text, csvOptions(table, delimiter));
  } catch (error) {
    throw csvError(error, name, table.nextLine);
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
export function delimiterOf(start: string): string {
  const counts = { ",": 0, ";": 0, "\t": 0 };
  const [line = ""] = start.replace(/"[^"]*"?/g, "").match(/[^\r\n]+/) ?? [];
  for (const char of line) {
    if (Object.hasOwn(counts, char)) counts[char as keyof typeof counts]++;
  }
  const [best, count] = Object.entries(counts).reduce((a, b) => (b[1] > a[1] ? b : a));
  return count > 0 ? best : ",";
}

/**
 * What csv-parse found wrong, in our form; what is no error of its own goes through.
 *
 * @param start line on which the record starts
 */
export function csvError(error: unknown, file: string, start: number): unknown {
  const { code, lines } = error as Partial<CsvError> & { code?: string; lines?: number };
  if (error instanceof StropError || typeof code !== "string" || lines === undefined) return error;
  switch (code as string) {
    case "CSV_MAX_RECORD_SIZE":
      return lineError(file, start, "a record longer than 4 MiB", "Is a quote left open?");
    case "CSV_QUOTE_NOT_CLOSED":
      return lineError(file, start, "a quote is left open", "Close it.");
    default:
      return lineError(
        file,
        lines,
        "a quote within a value",
        'Put the whole value in quotes, and write "" for a quote in it.',
      );
  }
}
