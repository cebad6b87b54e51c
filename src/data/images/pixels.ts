/** Rows of pixels from the top, channels side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/**
 * An image of four channels as one of three, or as a grey one; transparency is left out, as Pillow's convert
 * does.
 *
 *   grey = (19595·R + 38470·G + 7471·B + 2¹⁵) / 2¹⁶          ITU-R BT.601, as Pillow has it
 */
export function withChannels({ width, height, data }: Pixels, channels: 1 | 3): Pixels {
  const pixels = width * height;
  const to = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    const [r, g, b] = [data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!];
    if (channels === 1) to[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    else {
      to[3 * i] = r;
      to[3 * i + 1] = g;
      to[3 * i + 2] = b;
    }
  }
  return { width, height, channels, data: to };
}

/** Orientations whose rows are columns of the stored image. */
const isTurned = (orientation: number) => orientation >= 5;
/** Those whose stored columns, and rows, run from the far end. */
const FROM_RIGHT = [2, 3, 7, 8];
const FROM_BOTTOM = [3, 4, 6, 7];

/** The image as it is meant to be seen, by its Exif orientation. */
export function upright(image: Pixels, orientation: number): Pixels {
  if (orientation === 1) return image;
  const { width, height, channels, data } = image;
  const turned = isTurned(orientation);
  const [right, bottom] = [FROM_RIGHT.includes(orientation), FROM_BOTTOM.includes(orientation)];
  const size = turned ? { width: height, height: width } : { width, height };
  const to = new Uint8Array(data.length);
  let at = 0;
  for (let i = 0; i < size.height; i++) {
    for (let j = 0; j < size.width; j++) {
      const [row, column] = turned ? [j, i] : [i, j];
      const y = bottom ? height - 1 - row : row;
      const x = right ? width - 1 - column : column;
      for (let c = 0; c < channels; c++) to[at++] = data[(y * width + x) * channels + c]!;
    }
  }
  return { ...size, channels, data: to };
}
