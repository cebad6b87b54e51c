// Mel-frequency cepstral coefficients, as MLPerf Tiny's keyword spotting takes them: a second of 16 kHz, divided by its
// maximum, becomes 49 × 10 numbers.

const RATE = 16_000;
const WINDOW = 480;
const STEP = 320;
const POINTS = 512;
const BANDS = 40;
export const FRAMES = 49;
export const COEFFICIENTS = 10;

const hann = Float64Array.from({ length: WINDOW }, (_, i) => {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW);
});

const mel = (hz) => 1127 * Math.log(1 + hz / 700);

/** The triangles of the bands, from 20 to 4000 Hz: the first bin of each, and the weights from there on. */
const bands = Array.from({ length: BANDS }, (_, band) => {
  const width = (mel(4000) - mel(20)) / (BANDS + 1);
  const left = mel(20) + band * width;
  const heights = Array.from({ length: POINTS / 2 }, (_, i) => {
    const distance = (mel(((i + 1) * RATE) / POINTS) - left) / width;
    return Math.max(0, Math.min(distance, 2 - distance));
  });
  const first = heights.findIndex((height) => height > 0);
  return { first: first + 1, weights: heights.filter((height) => height > 0) };
});

/** The cosines of the orthogonal DCT-II. */
const cosines = Array.from({ length: COEFFICIENTS }, (_, k) =>
  Float64Array.from({ length: BANDS }, (_, band) => {
    return Math.cos((Math.PI * k * (band + 0.5)) / BANDS) * Math.sqrt(2 / BANDS);
  }),
);

const turns = Array.from({ length: POINTS / 2 }, (_, i) => {
  const angle = (2 * Math.PI * i) / POINTS;
  return [Math.cos(angle), -Math.sin(angle)];
});

/** In place, over POINTS points: Cooley and Tukey 1965. */
function fourier(re, im) {
  for (let i = 1, j = 0; i < POINTS; i++) {
    let bit = POINTS >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) [re[i], re[j]] = [re[j], re[i]];
  }
  for (let half = 1; half < POINTS; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [c, s] = turns[(k * POINTS) / (2 * half)];
      for (let i = k; i < POINTS; i += 2 * half) {
        const j = i + half;
        const [x, y] = [re[j] * c - im[j] * s, re[j] * s + im[j] * c];
        re[j] = re[i] - x;
        im[j] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
  }
}

/** Σ aᵢ·b[from + i] */
function dot(a, b, from = 0) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[from + i];
  return sum;
}

/** The features of a second of sound: Float32Array [FRAMES · COEFFICIENTS]. */
export function mfcc(sound) {
  const loudest = sound.reduce((most, x) => Math.max(most, x), 0) || 1;
  const features = new Float32Array(FRAMES * COEFFICIENTS);
  for (let frame = 0; frame < FRAMES; frame++) {
    const [re, im] = [new Float64Array(POINTS), new Float64Array(POINTS)];
    for (let i = 0; i < WINDOW; i++) re[i] = (sound[frame * STEP + i] / loudest) * hann[i];
    fourier(re, im);
    const magnitudes = re.map((x, i) => Math.sqrt(x * x + im[i] * im[i]));
    const energies = bands.map(({ first, weights }) => {
      return Math.log(dot(weights, magnitudes, first) + 1e-6);
    });
    cosines.forEach((row, k) => {
      features[frame * COEFFICIENTS + k] = dot(row, energies);
    });
  }
  return features;
}
