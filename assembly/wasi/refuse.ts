import { Ptr } from "../base/ptr";
import { print, printEnd, printInteger, printLiteral, printString, printTo } from "./print";
import { exit, SHORT, STDERR } from "./system";

// The command's exit codes. Some engines swallow them, so the last line on stderr says it too.

/** Data, program, disk. */
const EXIT_FAILED: u32 = 1;
/** Unknown option, impossible value. */
const EXIT_USAGE: u32 = 2;
const EXIT_BUG: u32 = 70;

// An error is a sentence: refusal(), print…, then refuse(), which does not come back.

export function refusal(): void {
  printTo(STDERR);
  print("strop: error: ");
}

/** A sentence about a file begins with its name. */
export function refusalOf(path: Ptr): void {
  refusal();
  printString(path);
}

export function refuse(): void {
  printEnd();
  exit(EXIT_FAILED);
}

/** `path` and the rest of the sentence. */
export function refuseFile(path: Ptr, rest: string): void {
  refusalOf(path);
  printLiteral(changetype<usize>(rest));
  refuse();
}

export function refuseUsage(): void {
  print(" See --help.");
  printEnd();
  exit(EXIT_USAGE);
}

export function refuseBug(status: u32): void {
  refusal();
  print("a bug in Strop: the core answered ");
  printInteger(status);
  print(". Please report it with the program and the command.");
  printEnd();
  exit(EXIT_BUG);
}

/** Ends `path` with what the host said to a read, write or sync. */
export function refuseErrno(path: Ptr, doing: string, errno: i32): void {
  refusalOf(path);
  printLiteral(changetype<usize>(doing));
  if (errno == SHORT) print(": it ends early.");
  else {
    print(": ");
    printErrno(errno);
  }
  refuse();
}

/** Numbers of WASI preview 1. */
export function printErrno(errno: i32): void {
  if (errno == 2) print("permission denied.");
  else if (errno == 20) print("it exists already.");
  else if (errno == 29) print("the device failed.");
  else if (errno == 31) print("it is a directory.");
  else if (errno == 44) print("no such file or directory.");
  else if (errno == 51) print("no space left.");
  else if (errno == 54) print("part of the path is not a directory.");
  else if (errno == 63 || errno == 76)
    print("not permitted; paths may not leave what --dir gave the engine.");
  else if (errno == 69) print("the file system is read-only.");
  else {
    print("WASI errno ");
    printInteger(errno);
    print(".");
  }
}

export function succeed(): void {
  printTo(STDERR);
  print("strop: ok");
  printEnd();
  exit(0);
}
