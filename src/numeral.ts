const NUMERAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether a word is a decimal number as people and programs write it: no hexadecimal, no Infinity, no blanks. */
export function isNumeral(word: string): boolean {
  return NUMERAL.test(word);
}
