// Made-up words, spoken by nobody: pulses and noise through three moving resonances, as a vocal tract has them.
//
// D. H. Klatt, "Software for a cascade/parallel formant synthesizer", 1980.

import { uniformNumbers } from "./random.mjs";

export const RATE = 16_000;
/** Samples between two settings of the resonances: 5 ms. */
const FRAME = 80;
const BANDWIDTHS = [70, 100, 140];

/**
 * Sounds by letter: three resonances in Hz, how loud voice and breath are, milliseconds. A sound with a `hiss` is noise
 * around that many Hz.
 */
const SOUNDS = {
  a: { formants: [750, 1200, 2500], voice: 1, breath: 0.03, ms: 130 },
  e: { formants: [480, 1900, 2550], voice: 1, breath: 0.03, ms: 120 },
  i: { formants: [290, 2250, 3000], voice: 0.9, breath: 0.03, ms: 120 },
  o: { formants: [480, 850, 2400], voice: 1, breath: 0.03, ms: 130 },
  u: { formants: [320, 750, 2250], voice: 0.9, breath: 0.03, ms: 120 },
  m: { formants: [260, 1100, 2200], voice: 0.45, breath: 0, ms: 80 },
  n: { formants: [260, 1600, 2600], voice: 0.45, breath: 0, ms: 70 },
  l: { formants: [350, 1050, 2900], voice: 0.6, breath: 0, ms: 70 },
  r: { formants: [400, 1250, 1700], voice: 0.6, breath: 0.02, ms: 60 },
  s: { formants: [350, 1700, 2600], voice: 0, breath: 0, ms: 110, hiss: 3700 },
  f: { formants: [350, 1100, 2300], voice: 0, breath: 0.13, ms: 90, hiss: 2600 },
  t: { formants: [350, 1800, 2700], voice: 0, breath: 0, ms: 55 },
  k: { formants: [350, 1700, 2200], voice: 0, breath: 0, ms: 60 },
};
const LETTERS = Object.keys(SOUNDS);
export const VOWELS = LETTERS.filter((letter) => "aeiou".includes(letter));
export const CONSONANTS = LETTERS.filter((letter) => !VOWELS.includes(letter));

/** A resonance: y = a·x + b·y₁ + c·y₂, with gain 1 at 0 Hz. */
function resonator() {
  let [a, b, c, y1, y2] = [1, 0, 0, 0, 0];
  return {
    tune(hz, bandwidth) {
      const r = Math.exp((-Math.PI * bandwidth) / RATE);
      b = 2 * r * Math.cos((2 * Math.PI * hz) / RATE);
      c = -r * r;
      a = 1 - b - c;
    },
    next(x) {
      const y = a * x + b * y1 + c * y2;
      [y2, y1] = [y1, y];
      return y;
    },
  };
}

/** What the tract does in each frame of 5 ms: from sound to sound in 30 ms, halfway at their border. */
function framesOf(word, { scale, speed }) {
  const targets = [...word].flatMap((letter) => {
    const { formants, voice, breath, ms, hiss = 0 } = SOUNDS[letter];
    const isStop = letter === "t" || letter === "k";
    const count = Math.round(ms / 5 / speed);
    return Array.from({ length: count }, (_, i) => ({
      // A stop is silence with a burst at its end.
      ...{ voice, breath: isStop && i > count - 4 ? 0.6 : breath, hiss },
      formants: formants.map((hz) => hz * scale),
    }));
  });
  const mean = (i, of) => {
    const around = targets.slice(Math.max(0, i - 3), i + 4);
    return around.reduce((sum, target) => sum + of(target), 0) / around.length;
  };
  return targets.map(({ hiss }, i) => ({
    hiss,
    voice: mean(i, (target) => target.voice),
    breath: mean(i, (target) => target.breath),
    formants: BANDWIDTHS.map((_, k) => mean(i, (target) => target.formants[k])),
  }));
}

/** A second of sound with the word somewhere in it, by a voice of its own, over noise; without a word, noise alone. */
export function recording(word, seed) {
  const uniform = uniformNumbers(seed * 7919 + 17);
  for (let i = 0; i < 5; i++) uniform();
  const between = (from, to) => from + (to - from) * uniform();
  const noise = () => 2 * uniform() - 1;
  const sound = new Float64Array(RATE);
  const pitch = between(90, 230);
  const voice = { scale: between(0.88, 1.18), speed: between(0.85, 1.25) };
  const frames = framesOf(word, voice);
  const rest = RATE - frames.length * FRAME;
  if (rest < 0) throw new Error(`'${word}' is longer than a second`);
  speak(sound.subarray(Math.floor(rest * between(0.2, 0.8))), frames, { pitch, noise, between });
  const loudest = sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  const room = between(0.002, 0.03);
  return sound.map((x) => x / loudest + room * noise());
}

function speak(out, frames, { pitch, noise, between }) {
  const tract = BANDWIDTHS.map(resonator);
  const [first, second, third] = tract;
  const [hissing, glottis] = [resonator(), resonator()];
  glottis.tune(0, 250);
  let phase = 0;
  frames.forEach(({ formants, voice, breath, hiss }, frame) => {
    tract.forEach((one, k) => {
      one.tune(formants[k], BANDWIDTHS[k]);
    });
    hissing.tune(hiss || 3000, 900);
    const hz = pitch * (1.1 - (0.25 * frame) / frames.length) * between(0.99, 1.01);
    for (let i = 0; i < FRAME; i++) {
      phase += hz / RATE;
      const pulse = phase >= 1 ? 40 : 0;
      phase %= 1;
      const source = voice * glottis.next(pulse) + breath * noise();
      const spoken = third.next(second.next(first.next(source)));
      out[frame * FRAME + i] = spoken + (hiss ? 0.5 * hissing.next(noise()) : 0);
    }
  });
}
