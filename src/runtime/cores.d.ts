/** build/cores.js, which the build writes: the core's binaries, and what the host must know before it sets their memory. */
export interface CoreBinary {
  /** The module, deflated (RFC 1951) and in base64: a third of its size. */
  readonly deflated: string;
  /** Where the arena starts: behind the core's own data. */
  readonly arenaStart: number;
}
export declare const scalar: CoreBinary;
export declare const simd: CoreBinary;
export declare const relaxed: CoreBinary;
/** The WASI command in both flavours, for `strop build`. */
export declare const wasiScalar: CoreBinary;
export declare const wasiSimd: CoreBinary;
/** The solvers' entry. */
export declare const solversScalar: CoreBinary;
export declare const solversSimd: CoreBinary;
/** The solvers' WASI command. */
export declare const wasiSolversScalar: CoreBinary;
export declare const wasiSolversSimd: CoreBinary;
