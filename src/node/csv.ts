import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import { csvError, csvOptions, delimiterOf, textOf } from "../data/csv.js";
import { type Table, type TableOptions, TableReader } from "../data/table.js";
import { fileError } from "./errno.js";

/** Bytes within which the first line, and so the delimiter, must be seen. */
const FIRST_LINE_MAX = 2 ** 20;

/** Reads a table from a CSV file, piece by piece: the text is never in memory as a whole. */
export async function readCsvFile(path: string, options: TableOptions): Promise<Table> {
  const table = new TableReader(path, options);
  try {
    const pieces = createReadStream(path)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const start = await firstLine(pieces);
    await pipeline(
      rejoined(start, pieces),
      parse(csvOptions(table, options.delimiter ?? delimiterOf(textOf(start, path)))),
      // Every record went into the table.
      async (records) => {
        for await (const _ of records);
      },
    );
  } catch (error) {
    throw fileError(csvError(error, path, table.nextLine), path);
  }
  return table.finish();
}

/** The pieces that hold the first line. */
async function firstLine(pieces: AsyncIterator<Buffer>): Promise<Buffer> {
  const start: Buffer[] = [];
  for (let bytes = 0; bytes < FIRST_LINE_MAX; ) {
    const { value, done } = await pieces.next();
    if (done) break;
    start.push(value);
    bytes += value.length;
    if (value.includes(10) || value.includes(13)) break;
  }
  return Buffer.concat(start);
}

async function* rejoined(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start;
  yield* { [Symbol.asyncIterator]: () => rest };
}
