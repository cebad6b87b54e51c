import {
  SESSION_FINGERPRINT,
  SESSION_LAST_EPOCH_LOSS,
  SESSION_PHASE_COUNT,
  SESSION_STEP,
} from "../abi/session";
import { fingerprint } from "../train/fingerprint";
import { SESSION, sessionGet } from "../vm/session";
import { optionFile } from "./options";
import {
  print,
  printDecimal,
  printEnd,
  printHex64,
  printInteger,
  printLiteral,
  printString,
  printTo,
} from "./print";
import { STDERR, STDOUT } from "./system";

/** The start of a line about OUT on stderr. */
export function reportBegin(text: string): void {
  printTo(STDERR);
  printString(optionFile(3));
  printLiteral(changetype<usize>(text));
}

/** "epoch 3 loss 0.53" on stderr. */
export function reportEpoch(phase: u32, epoch: u32): void {
  printTo(STDERR);
  if (sessionGet(SESSION_PHASE_COUNT) > 1) {
    print("phase ");
    printInteger(phase + 1);
    print(" ");
  }
  print("epoch ");
  printInteger(epoch);
  print(" loss ");
  printDecimal(load<f64>(SESSION, SESSION_LAST_EPOCH_LOSS));
  printEnd();
}

/** What the training came to, on stdout. */
export function reportResult(): void {
  fingerprint();
  printTo(STDOUT);
  print("fingerprint ");
  printHex64(load<u64>(SESSION, SESSION_FINGERPRINT));
  print("\nloss ");
  printDecimal(load<f64>(SESSION, SESSION_LAST_EPOCH_LOSS));
  print("\nsteps ");
  printInteger(sessionGet(SESSION_STEP));
  printEnd();
}
