import { closeSync, openSync, writeSync } from "node:fs";
import { withFile } from "./errno.js";

/** A file of lines that grows while its reader watches. It is opened, and emptied, by the first line. */
export class LineFile {
  private fd: number | undefined;

  constructor(private readonly path: string) {}

  write(line: string): void {
    withFile(this.path, () => {
      this.fd ??= openSync(this.path, "w");
      writeSync(this.fd, `${line}\n`);
    });
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
