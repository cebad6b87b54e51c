import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readCsv } from "../../src/data/csv.js";
import type { Table, TableOptions } from "../../src/data/table.js";
import { StropError } from "../../src/errors.js";
import { readCsvFile } from "../../src/node/csv.js";

const folder = mkdtempSync(join(tmpdir(), "strop-csv-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "t.csv");

/** What comes of a table by either way: in one piece, as in a browser, and as a stream from a file. */
async function read(text: string | Uint8Array, options: TableOptions = {}): Promise<Table> {
  writeFileSync(path, text);
  const [whole, streamed] = await Promise.allSettled([
    readCsv(text, path, options),
    readCsvFile(path, options),
  ]);
  if (whole.status === "rejected") {
    expect(whole.reason).toBeInstanceOf(StropError);
    expect(streamed).toEqual(whole);
    throw whole.reason;
  }
  expect(streamed).toEqual(whole);
  return whole.value;
}

async function errorOf(text: string | Uint8Array, options: TableOptions = {}): Promise<string> {
  try {
    await read(text, options);
  } catch (error) {
    return (error as Error).message.replaceAll(path, "t.csv");
  }
  throw new Error("nothing was thrown");
}

const SENSORS = "time,temp,label\n1,20.5,0\n2,21.5,1\n3,-1e2,0\n";
const xOf = ({ x }: Table) => [x.shape, [...(x.data as Float32Array)]];
const yOf = ({ y }: Table) => [y?.type, y?.shape, [...((y?.data ?? []) as Float32Array)]];

describe("columns", () => {
  test("features and a target by name", async () => {
    const table = await read(SENSORS, { target: ["label"] });
    expect(xOf(table)).toEqual([
      [3, 2],
      [1, 20.5, 2, 21.5, 3, -100],
    ]);
    expect(yOf(table)).toEqual(["int32", [3], [0, 1, 0]]);
    expect(table.classes).toBeUndefined();
  });

  test("without a target every column is a feature", async () => {
    const table = await read(SENSORS);
    expect([table.x.shape, table.y]).toEqual([[3, 3], undefined]);
  });

  test("no header: columns have numbers from 0", async () => {
    const table = await read("1,2,0.5\n3,4,1.5", { target: ["2"] });
    expect(xOf(table)).toEqual([
      [2, 2],
      [1, 2, 3, 4],
    ]);
    expect(yOf(table)).toEqual(["float32", [2], [0.5, 1.5]]);
  });

  test("a header of numbers and a word, as MNIST in CSV has it: names go before numbers", async () => {
    const table = await read("label,0,1,2\n5,10,11,12\n", { target: ["label"] });
    expect(xOf(table)).toEqual([
      [1, 3],
      [10, 11, 12],
    ]);
    const first = await read("label,0,1,2\n5,10,11,12\n", { target: ["0"] });
    expect(yOf(first)).toEqual(["int32", [1], [10]]);
  });

  test("no header with a target of text: the first record has numbers where the second has", async () => {
    const table = await read("5.1,3.5,setosa\n4.9,3.0,virginica\n", { target: ["2"] });
    expect(table.x.shape).toEqual([2, 2]);
    expect(table.classes).toEqual(["setosa", "virginica"]);
  });

  test("a header of numbers over a target of text, if the target says so", async () => {
    const table = await read("0,1,kind\n5.1,3.5,a\n4.9,3.0,b\n", { target: ["kind"] });
    expect(table.x.shape).toEqual([2, 2]);
  });

  test.each([[["a", "b"]], [["a,b"]], [["a, 1"]]])(
    "several targets %j are values side by side",
    async (target) => {
      const table = await read("a,b,c\n1,2,3\n4,5,6\n", { target });
      expect(yOf(table)).toEqual(["float32", [2, 2], [1, 2, 4, 5]]);
      expect(xOf(table)).toEqual([
        [2, 1],
        [3, 6],
      ]);
    },
  );

  test("a name with a comma in it", async () => {
    const table = await read('"a,b",c\n1,2\n', { target: ["a,b"] });
    expect(yOf(table)).toEqual(["int32", [1], [1]]);
  });

  test("a target that is left out, whether it is there or not", async () => {
    const options = { target: ["label"], withoutTargets: true };
    expect(xOf(await read("a,label\n1,x\n", options))).toEqual([[1, 1], [1]]);
    expect(xOf(await read("a,b\n1,2\n", options))).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

describe("targets", () => {
  const typeOf = async (...values: string[]) => {
    const table = await read(`x,y\n${values.map((value) => `1,${value}\n`).join("")}`, {
      target: ["y"],
    });
    return [table.y!.type, ...(table.y!.data as Float32Array)];
  };

  test("whole numbers are labels, decimals and what int32 cannot hold are values", async () => {
    expect(await typeOf("3", "-1", "+2")).toEqual(["int32", 3, -1, 2]);
    expect(await typeOf("3", "1.0")).toEqual(["float32", 3, 1]);
    expect(await typeOf("1e1")).toEqual(["float32", 10]);
    expect(await typeOf("2147483648")).toEqual(["float32", 2147483648]);
  });

  test("texts are classes in the order of their names, and that is told", async () => {
    const table = await read("x,y\n1,cat\n2,ant\n3,dog\n4,cat\n5,7\n", { target: ["y"] });
    expect(yOf(table)).toEqual(["int32", [5], [2, 1, 3, 2, 0]]);
    expect(table.classes).toEqual(["7", "ant", "cat", "dog"]);
    expect(table.notes).toEqual([`${path}: the classes of y are 0 7, 1 ant, 2 cat, 3 dog`]);
  });

  test("classes that the model has keep their numbers", async () => {
    const options = { target: ["y"], classes: ["dog", "7", "cat"] };
    const table = await read("x,y\n1,7\n2,dog\n", options);
    expect(yOf(table)).toEqual(["int32", [2], [1, 0]]);
    expect([table.classes, table.notes]).toEqual([options.classes, []]);
    expect(await errorOf("x,y\n1,7\n2,catt\n", options)).toBe(
      "t.csv line 3, column y: the model does not know the class 'catt'. Did you mean cat?",
    );
    expect(await errorOf("x,y\n1,elephant\n", options)).toBe(
      "t.csv line 2, column y: the model does not know the class 'elephant'. It knows 0 dog, 1 7, 2 cat.",
    );
  });
});

describe("the file's form", () => {
  const plain = () => read("a,b\n1,2\n3,4\n", { target: ["b"] });
  test.each([
    ["CRLF", "a,b\r\n1,2\r\n3,4\r\n"],
    ["CR", "a,b\r1,2\r3,4\r"],
    ["no line end at the end", "a,b\n1,2\n3,4"],
    ["mixed line ends", "a,b\n1,2\r\n3,4\n"],
    ["a byte order mark", "\ufeffa,b\n1,2\n3,4\n"],
    ["a mark before a quote", '\ufeff"a","b"\n1,2\n3,4\n'],
    ["quotes", '"a","b"\n"1","2"\n3,"4"\n'],
    ["blanks", " a , b \n 1, 2\n3 ,\t4\n"],
    ["blanks before quotes", 'a, "b"\n1, "2"\n3,4\n'],
    ["empty lines", "\n\na,b\n\n1,2\n\n3,4\n\n"],
    ["semicolons", "a;b\n1;2\n3;4\n"],
    ["tabs", "a\tb\n1\t2\n3\t4\n"],
    ["tabs and blanks", " a\tb \n1 \t 2\n3\t4\n"],
  ])("%s", async (_, text) => {
    expect(await read(text, { target: ["b"] })).toEqual(await plain());
  });

  test("a delimiter in quotes does not count", async () => {
    const table = await read('"a,b,c";d\n1;2\n', { target: ["d"] });
    expect(table.x.shape).toEqual([1, 1]);
  });

  test("a delimiter that is given", async () => {
    const table = await read("a|b,c\n1|2\n", { target: ["b,c"], delimiter: "|" });
    expect(yOf(table)).toEqual(["int32", [1], [2]]);
  });

  test("a line break within quotes is part of the name", async () => {
    const table = await read('a,"b\nb"\n1,2\n', { target: ["1"] });
    expect(yOf(table)).toEqual(["int32", [1], [2]]);
  });
});

describe("refusals, by file, line and column", () => {
  test.each<[string, string, string, TableOptions?]>([
    [
      "a word",
      "time,temp\n1,2\n3,abc\n",
      "t.csv line 3, column temp: 'abc' is not a number. If this is what to learn, give --target.",
    ],
    [
      "a word beside a target",
      "time,temp,y\n1,2,3\n3,abc,3\n",
      "t.csv line 3, column temp: 'abc' is not a number. Every column but the target must be numbers.",
      { target: ["y"] },
    ],
    [
      "a word in a target of numbers",
      "a,y\n1,2\n3,n/a\n",
      "t.csv line 3, column y: 'n/a' is not a number. The first target is a number, so all must be.",
      { target: ["y"] },
    ],
    [
      "no header",
      "1,2\n3,abc\n",
      "t.csv line 2, column 1: 'abc' is not a number. If this is what to learn, give --target.",
    ],
    [
      "a decimal comma",
      "a;b\n1,5;2\n",
      "t.csv line 2, column a: '1,5' is not a number. Write decimals with a point.",
    ],
    [
      "hexadecimal",
      "a,b\n0x10,2\n",
      "t.csv line 2, column a: '0x10' is not a number. If this is what to learn, give --target.",
    ],
    [
      "a missing value",
      "a,b\n1,\n",
      "t.csv line 2, column b: the value is missing. Fill it in or leave the line out.",
    ],
    [
      "a missing class",
      "a,b\n1,cat\n2,\n",
      "t.csv line 3, column b: the value is missing. Fill it in or leave the line out.",
      { target: ["b"] },
    ],
    [
      "a missing value of one column",
      "a\n1\n\n2\n",
      "t.csv line 3, column a: the value is missing. Fill it in or leave the line out.",
    ],
    [
      "NaN",
      "a,b\n1,NaN\n",
      "t.csv line 2, column b: 'NaN' is not finite. Correct it or leave it out.",
    ],
    [
      "too large",
      "a,b\n1,1e39\n",
      "t.csv line 2, column b: '1e39' is too large for float32. Scale the column.",
    ],
    [
      "a short record",
      "a,b,c\n1,2,3\n\n1,2\n",
      "t.csv line 4: 2 values, but the first line has 3. Is the delimiter another? See --delimiter.",
    ],
    [
      "a long record",
      "a,b\n1,2,3\n",
      "t.csv line 2: 3 values, but the first line has 2. Is the delimiter another? See --delimiter.",
    ],
    ["an empty file", "", "t.csv: it has no records."],
    ["empty lines", "\n\n\n", "t.csv: it has no records."],
    ["a header alone", "a,b\n", "t.csv: it has no records."],
    ["an open quote", 'a,b\n1,"2\n3,4\n', "t.csv line 2: a quote is left open. Close it."],
    [
      "a quote within",
      'a,b\n1,2"\n',
      't.csv line 2: a quote within a value. Put the whole value in quotes, and write "" for a quote in it.',
    ],
    [
      "control characters in a cell",
      "a,b\n1,2\u0007\u001b[31m\n",
      "t.csv line 2, column b: '2··[31m' is not a number. If this is what to learn, give --target.",
    ],
    [
      "a target that is not there",
      SENSORS,
      "--target: t.csv has no column 'lable'. Did you mean label?",
      { target: ["lable"] },
    ],
    [
      "a target like no other",
      SENSORS,
      "--target: t.csv has no column 'quality'. It has columns time, temp, label.",
      { target: ["quality"] },
    ],
    [
      "a name without a header",
      "1,2\n3,4\n",
      "--target: t.csv has no column 'y'. It has no header, and columns 0 to 1.",
      { target: ["y"] },
    ],
    [
      "a name that two columns have",
      "a,b,b\n1,2,3\n",
      "--target: t.csv has two columns 'b'. Give its number, from 0.",
      { target: ["b"] },
    ],
    [
      "a target given twice",
      SENSORS,
      "--target: the column 2 of t.csv is given twice.",
      { target: ["label", "2"] },
    ],
    [
      "nothing but targets",
      "a,b\n1,2\n",
      "--target: no other column of t.csv is left to learn from.",
      { target: ["a,b"] },
    ],
    [
      "text among several targets",
      "a,b,c\n1,2,x\n",
      "--target: the column c of t.csv is text. Several targets must be numbers.",
      { target: ["b", "c"] },
    ],
  ])("%s", async (_, text, message, options = {}) => {
    expect(await errorOf(text, options)).toBe(message);
  });

  test.each<[TableOptions, RegExp]>([
    [{ delimiter: "::" }, /^--delimiter: it is not one character\. Give , or ; or tab\.$/],
    [{ delimiter: '"' }, /^--delimiter/],
    [{ window: 0 }, /^--window: 0 is not a whole number from 1\.$/],
    [{ window: 2, stride: 0.5 }, /^--stride: 0\.5 is not a whole number from 1\.$/],
    [{ window: 2, horizon: -1 }, /^--horizon: -1 is not a whole number from 0\.$/],
    [{ stride: 2 }, /^--stride: it needs --window\.$/],
    [{ horizon: 0 }, /^--horizon: it needs --window\.$/],
  ])("options %j", async (options, message) => {
    expect(await errorOf("a,b\n1,2\n", options)).toMatch(message);
  });

  test("a record that does not end", async () => {
    const text = `a,b\n1,"${"x".repeat(2 ** 22 + 10)}`;
    expect(await errorOf(text)).toBe(
      "t.csv line 2: a record longer than 4 MiB. Is a quote left open?",
    );
  });

  test("texts without end are no classes", async () => {
    const lines = Array.from({ length: 2 ** 16 + 1 }, (_, i) => `1,word${i}`);
    expect(await errorOf(`a,b\n${lines.join("\n")}`, { target: ["b"] })).toBe(
      "t.csv line 65538, column b: more than 65536 different texts. Is this column the target?",
    );
  });

  test("a file that is not there, and a folder", async () => {
    await expect(readCsvFile(join(folder, "none.csv"), {})).rejects.toThrow("no such file");
    await expect(readCsvFile(folder, {})).rejects.toThrow("it is a directory");
  });
});

describe("windows of a series", () => {
  const series = "a,y\n1,10\n2,20\n3,30\n4,40\n5,50\n";
  test("the target is that of the last record", async () => {
    const table = await read(series, { target: ["y"], window: 3 });
    expect(xOf(table)).toEqual([
      [3, 3, 1],
      [1, 2, 3, 2, 3, 4, 3, 4, 5],
    ]);
    expect(yOf(table)).toEqual(["int32", [3], [30, 40, 50]]);
  });

  test("a stride", async () => {
    const table = await read(series, { target: ["y"], window: 2, stride: 2 });
    expect(xOf(table)).toEqual([
      [2, 2, 1],
      [1, 2, 3, 4],
    ]);
    expect(yOf(table)).toEqual(["int32", [2], [20, 40]]);
  });

  test("a horizon: the target's past is a feature", async () => {
    const table = await read(series, { target: ["y"], window: 2, horizon: 2 });
    expect(xOf(table)).toEqual([
      [2, 2, 2],
      [1, 10, 2, 20, 2, 20, 3, 30],
    ]);
    expect(yOf(table)).toEqual(["int32", [2], [40, 50]]);
  });

  test("a horizon for classes of text: their past is none", async () => {
    const text = "a,y\n1,u\n2,v\n3,u\n";
    const table = await read(text, { target: ["y"], window: 1, horizon: 1 });
    expect(xOf(table)).toEqual([
      [2, 1, 1],
      [1, 2],
    ]);
    expect(yOf(table)).toEqual(["int32", [2], [1, 0]]);
  });

  test("for prediction, every window that there is", async () => {
    const options = { target: ["y"], window: 2, horizon: 2, withoutTargets: true };
    const table = await read(series, options);
    expect([table.x.shape, table.y]).toEqual([[4, 2, 2], undefined]);
  });

  test("several targets", async () => {
    const table = await read("a,b,c\n1,2,3\n4,5,6\n7,8,9\n", { target: ["b,c"], window: 2 });
    expect(yOf(table)).toEqual(["float32", [2, 2], [5, 6, 8, 9]]);
  });

  test("too few records, and too many bytes", async () => {
    expect(await errorOf(series, { target: ["y"], window: 4, horizon: 2 })).toBe(
      "t.csv: 5 records are too few for a window of 4 and a horizon of 2.",
    );
    const long = `1\n${"2\n".repeat(60_000)}`;
    expect(await errorOf(long, { window: 30_000 })).toMatch(
      /^t\.csv: its windows take \d+ bytes\. At most 2147483648 are possible: give a larger --stride\.$/,
    );
  });
});

const asCell = (value: number) => String(Math.fround(value));
const number = fc.float({ noNaN: true, noDefaultInfinity: true });

test("numbers come back as they were written", async () => {
  const rows = fc
    .integer({ min: 2, max: 6 })
    .chain((width) =>
      fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: 1 }),
    );
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom(",", ";", "\t"),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      fc.boolean(),
      async (values, delimiter, end, header, quoted) => {
        const cell = (text: string) => (quoted ? `"${text}"` : text);
        const line = (cells: readonly string[]) => cells.map(cell).join(delimiter) + end;
        const names = values[0]!.map((_, i) => `column "${i}"`.replaceAll('"', quoted ? '""' : ""));
        const text =
          (header ? line(names) : "") + values.map((row) => line(row.map(asCell))).join("");
        const { x } = await readCsv(text, "t.csv");
        expect(x.shape).toEqual([values.length, values[0]!.length]);
        // −0 is written as 0.
        expect([...x.data].map((value) => Number(value) + 0)).toEqual(
          values.flat().map((value) => Math.fround(value) + 0),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("names of classes come back as they were written", async () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((text) => text.trim() === text && !text.includes("\0"));
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 20 }), async (names) => {
      const first = ["word", ...names];
      const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const text = `x,y\n${first.map((one) => `1,${quote(one)}\n`).join("")}`;
      const { y, classes } = await readCsv(text, "t.csv", { target: ["y"] });
      expect(Array.from(y!.data as Int32Array, (label) => classes![label])).toEqual(first);
      expect(classes).toEqual([...new Set(first)].sort());
    }),
    { numRuns: 200 },
  );
});

test("whatever the bytes, a table or a StropError", async () => {
  const csvLike = fc.string({
    unit: fc.constantFrom(..."0123456789.,;\t\n\r\"'- eabc\ufeff\0"),
    maxLength: 120,
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    csvLike.map((text) => new TextEncoder().encode(text)),
  );
  const options = fc.record(
    {
      target: fc.constantFrom(["0"], ["a"], ["0,1"], [""]),
      window: fc.integer({ min: 1, max: 3 }),
      withoutTargets: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(bytes, options, async (content, given) => {
      try {
        const { x } = await read(content, given);
        expect(x.data.every((value) => Number.isFinite(value))).toBe(true);
        expect(x.data).toHaveLength(x.shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        if (!(error instanceof StropError)) throw error;
        expect(error.message).not.toMatch(/[\r\n]/);
      }
    }),
    { numRuns: 500 },
  );
});
