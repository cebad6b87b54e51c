import { Ptr } from "./ptr";

/** The remainders of the sixteen half bytes for the reflected polynomial 0xedb88320. */
const TABLE = memory.data<u32>([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/**
 * CRC-32 as in IEEE 802.3, gzip and PNG. Start with crc 0; to go on with a further range, pass the
 * result of the one before.
 */
export function crc32(crc: u32, data: Ptr, bytes: u32): u32 {
  crc = ~crc;
  for (const end = data + bytes; data < end; ++data) {
    crc ^= u32(load<u8>(data));
    crc = (crc >> 4) ^ load<u32>(TABLE + ((crc & 15) << 2));
    crc = (crc >> 4) ^ load<u32>(TABLE + ((crc & 15) << 2));
  }
  return ~crc;
}
