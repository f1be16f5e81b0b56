// Files as a zip, stored and not compressed: images are compressed already.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc(bytes) {
  let c = ~0;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

export async function zip(files) {
  const parts = [],
    index = [];
  let offset = 0;
  for (const file of files) {
    const path = new TextEncoder().encode((file.path ?? file.webkitRelativePath) || file.name),
      bytes = new Uint8Array(await file.arrayBuffer());
    const tail = fields([
      [2, 20],
      [2, 0x800],
      [2, 0],
      [2, 0],
      [2, 33],
      [4, crc(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, path.length],
      [2, 0],
    ]);
    parts.push(fields([[4, 0x04034b50]]), tail, path, bytes);
    index.push(
      fields([
        [4, 0x02014b50],
        [2, 20],
      ]),
      tail,
      fields([
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, offset],
      ]),
      path,
    );
    offset += 30 + path.length + bytes.length;
  }
  const size = index.reduce((sum, part) => sum + part.length, 0);
  return new Blob([
    ...parts,
    ...index,
    fields([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, files.length],
      [2, files.length],
      [4, size],
      [4, offset],
      [2, 0],
    ]),
  ]);
}

function fields(values) {
  const bytes = new Uint8Array(values.reduce((sum, [size]) => sum + size, 0)),
    view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}
