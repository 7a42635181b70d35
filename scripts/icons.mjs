// Draws the tray icons and the app's icons from one geometry, and writes every file that the systems want: node scripts/icons.mjs
// The results are committed; nothing but zlib is needed. Shapes are tested point by point, 8x8 points a pixel.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

const assets = join(dirname(fileURLToPath(import.meta.url)), '..', 'assets');
const pointsAcross = 8;

// Geometry on a grid of 16x16: a tunnel mouth. Each shape answers whether a point is inside.

const circle = (cx, cy, r) => (x, y) => (x - cx) ** 2 + (y - cy) ** 2 <= r * r;
const box = (x0, y0, x1, y1) => (x, y) => x >= x0 && x < x1 && y >= y0 && y < y1;
const diamond = (cx, cy, half) => (x, y) => Math.abs(x - cx) + Math.abs(y - cy) <= half;
const any =
  (...shapes) =>
  (x, y) =>
    shapes.some((shape) => shape(x, y));
const minus = (shape, cut) => (x, y) => shape(x, y) && !cut(x, y);

/** Half a ring above y = 8, round (8, 8). */
const arc = (outer, inner) => (x, y) => y <= 8 && circle(8, 8, outer)(x, y) && !circle(8, 8, inner)(x, y);
/** M2 14V8a6 6 0 0 1 12 0v6h-3.5V8a2.5 2.5 0 0 0-5 0v6z */
const mouth = any(arc(6, 2.5), box(2, 8, 5.5, 14), box(10.5, 8, 14, 14));
/** M2.75 14V8a5.25 5.25 0 0 1 10.5 0v6, stroke 1.5 */
const outline = any(arc(6, 4.5), box(2, 8, 3.5, 14), box(12.5, 8, 14, 14));
const blocks = any(arc(6, 2.5), ...[9, 12].flatMap((y) => [box(2, y, 5.5, y + 2), box(10.5, y, 14, y + 2)]));
/** Two strokes of width 2, butt ends, from 8.9 to 14.6. */
const cross = (x, y) => {
  const [u, v] = [(x - 11.75 + (y - 11.75)) / Math.SQRT2, (x - 11.75 - (y - 11.75)) / Math.SQRT2];
  const half = (14.6 - 8.9) / Math.SQRT2;
  return (Math.abs(u) <= 1 && Math.abs(v) <= half) || (Math.abs(v) <= 1 && Math.abs(u) <= half);
};

/** Each icon: layers of shape and colour name, from below. */
const icons = {
  idle: [[outline, 'body']],
  up: [[mouth, 'body']],
  working: [[blocks, 'body']],
  ask: [
    [minus(mouth, diamond(11.5, 11.5, 5.3)), 'body'],
    [diamond(11.5, 11.5, 4), 'ask'],
  ],
  fail: [
    [minus(mouth, circle(11.75, 11.75, 4.9)), 'body'],
    [cross, 'dead'],
  ],
};

const one = (colour) => ({ body: colour, ask: colour, dead: colour });
const palettes = {
  linux: one('#4f86ab'),
  macos: one('#000000'),
  // For a light task bar and for a dark one.
  light: { body: '#15222b', ask: '#a7207b', dead: '#bc2028' },
  dark: { body: '#e4ebee', ask: '#ef8bc5', dead: '#f87e77' },
};

const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** Layers drawn on a square of `size` pixels; `grid` is the width of the drawing in its own units. */
function draw(layers, size, grid = 16) {
  const pixels = new Uint8Array(size * size * 4);
  const step = grid / size / pointsAcross;
  for (let py = 0; py < size; py += 1) {
    for (let px = 0; px < size; px += 1) {
      const sum = [0, 0, 0, 0];
      for (let sy = 0; sy < pointsAcross; sy += 1) {
        for (let sx = 0; sx < pointsAcross; sx += 1) {
          const x = (px * pointsAcross + sx + 0.5) * step;
          const y = (py * pointsAcross + sy + 0.5) * step;
          const top = layers.findLast(([shape]) => shape(x, y));
          if (!top) continue;
          const [r, g, b] = rgb(top[1]);
          sum[0] += r;
          sum[1] += g;
          sum[2] += b;
          sum[3] += 1;
        }
      }
      const at = (py * size + px) * 4;
      if (sum[3] === 0) continue;
      for (let c = 0; c < 3; c += 1) pixels[at + c] = Math.round(sum[c] / sum[3]);
      pixels[at + 3] = Math.round((255 * sum[3]) / pointsAcross ** 2);
    }
  }
  return png(pixels, size);
}

const trayIcon = (name, palette, size) =>
  draw(
    icons[name].map(([shape, colour]) => [shape, palettes[palette][colour]]),
    size,
  );

/** The app's icon: the tunnel mouth in white on a rounded square of the accent colour, light at its end. */
function appIcon(size, { padding }) {
  const edge = 512;
  const inset = edge * padding;
  const side = edge - 2 * inset;
  const radius = side * 0.225;
  const rounded = (x, y) => {
    const dx = Math.max(inset + radius - x, 0, x - (edge - inset - radius));
    const dy = Math.max(inset + radius - y, 0, y - (edge - inset - radius));
    const inside = x >= inset && y >= inset && x <= edge - inset && y <= edge - inset;
    return inside && dx * dx + dy * dy <= radius * radius;
  };
  // The drawing keeps 16 units; 12 of them are the arch, centred.
  const scale = side / 20;
  const place = (shape) => (x, y) => shape((x - edge / 2) / scale + 8, (y - edge / 2) / scale + 8);
  return draw(
    [
      [rounded, '#1a5177'],
      [place(mouth), '#f7f9fa'],
      [place(any((x, y) => y <= 8 && circle(8, 8, 2.5)(x, y), box(5.5, 8, 10.5, 14))), '#0b2d45'],
    ],
    size,
    edge,
  );
}

// Files

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function png(pixels, size) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y += 1) rows.set(pixels.subarray(y * size * 4, (y + 1) * size * 4), y * (size * 4 + 1) + 1);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An ICO of PNG images: [size, png] each. */
function ico(images) {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(([size, data], index) => {
    const at = 6 + 16 * index;
    head[at] = size % 256;
    head[at + 1] = size % 256;
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(data.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += data.length;
  });
  return Buffer.concat([head, ...images.map(([, data]) => data)]);
}

/** An ICNS of PNG images: [type, png] each. */
function icns(images) {
  const parts = images.map(([type, data]) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, 'latin1');
    head.writeUInt32BE(data.length + 8, 4);
    return Buffer.concat([head, data]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'latin1');
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([head, ...parts]);
}

function write(path, data) {
  const file = join(assets, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
}

for (const name of Object.keys(icons)) {
  write(`tray/linux/${name}.png`, trayIcon(name, 'linux', 44));
  write(`tray/macos/${name}Template.png`, trayIcon(name, 'macos', 16));
  write(`tray/macos/${name}Template@2x.png`, trayIcon(name, 'macos', 32));
  for (const bar of ['light', 'dark'])
    write(`tray/windows/${name}-${bar}.ico`, ico([16, 20, 24, 32, 40, 48, 64].map((s) => [s, trayIcon(name, bar, s)])));
}
const square = (size) => appIcon(size, { padding: 0.03 });
for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) write(`icons/${size}x${size}.png`, square(size));
write('icon.png', square(512));
write('icon.ico', ico([16, 20, 24, 32, 40, 48, 64, 256].map((size) => [size, square(size)])));
const mac = (size) => appIcon(size, { padding: 0.098 });
write(
  'icon.icns',
  icns([
    ['icp4', mac(16)],
    ['icp5', mac(32)],
    ['ic11', mac(32)],
    ['ic12', mac(64)],
    ['ic07', mac(128)],
    ['ic08', mac(256)],
    ['ic13', mac(256)],
    ['ic09', mac(512)],
    ['ic14', mac(512)],
    ['ic10', mac(1024)],
  ]),
);
