// Fill static/vendor/ from the packages in NODE_MODULES. Called by bin/vendor.

import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const MODULES = process.env.NODE_MODULES;
const VENDOR = "static/vendor.new"; // takes the place of static/vendor when all of it is there
const load = createRequire(join(MODULES, "index.js"));

// Libraries that are taken as they come: package, its folder below static/vendor/, its files.
const LIBRARIES = [
  ["tom-select", "tom-select", { "dist/js/tom-select.base.min.js": "tom-select.base.min.js", LICENSE: "LICENSE" }],
  ["sortablejs", "sortable", { "Sortable.min.js": "Sortable.min.js", LICENSE: "LICENSE" }],
  ["squire-rte", "squire", { "dist/squire.js": "squire.js", LICENSE: "LICENSE" }],
  ["dompurify", "dompurify", { "dist/purify.min.js": "purify.min.js", LICENSE: "LICENSE" }],
];

const SOURCES = ["apps", "intranet", "sso", "demo", "tests"];
const FONT_WEIGHTS = { 400: "400Regular/BeVietnamPro_400Regular.ttf", 600: "600SemiBold/BeVietnamPro_600SemiBold.ttf" };

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** The names in bin/icons.txt and those that templates and Python files of the suite mention. */
async function iconNames() {
  const names = new Set((await readFile("bin/icons.txt", "utf8")).replace(/#.*$/gm, "").split(/\s+/).filter(Boolean));
  const patterns = {
    ".html": [/\{% icon "([a-z0-9-]+)"/g, /\bicon="([a-z0-9-]+)"/g, /\bname=[\w.]+\|default:"([a-z0-9-]+)"/g],
    ".py": [/\bicon\s*=\s*"([a-z0-9-]+)"/g, /"icon":\s*"([a-z0-9-]+)"/g],
    ".js": [/sprite\.svg#([a-z0-9-]+)/g],
  };
  for (const file of (await Promise.all(SOURCES.map(filesBelow))).flat()) {
    const found = patterns[file.slice(file.lastIndexOf("."))];
    if (!found) continue;
    const text = await readFile(file, "utf8");
    for (const pattern of found) for (const match of text.matchAll(pattern)) names.add(match[1]);
  }
  return [...names].sort();
}

async function makeSprite() {
  const symbols = [];
  for (const name of await iconNames()) {
    const file = join(MODULES, "@tabler/icons/icons/outline", `${name}.svg`);
    const svg = await readFile(file, "utf8").catch(() => { throw new Error(`Tabler has no outline icon "${name}"`); });
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    const drawn = shapes.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>");
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${drawn}</symbol>`);
  }
  await mkdir(`${VENDOR}/icons`, { recursive: true });
  await writeFile(`${VENDOR}/icons/sprite.svg`, `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
  await copyFile(join(MODULES, "@tabler/icons/LICENSE"), `${VENDOR}/icons/LICENSE`);
  console.log(`icons: ${symbols.length}`);
}

/** Give the ten digits one width, just below the zero's: the font has no tabular figures, and times and numbers stand in columns. */
function alignDigits(whole) {
  const { Font } = load("fonteditor-core");
  const font = Font.create(whole, { type: "ttf", hinting: true, kerning: true });
  const { cmap, glyf } = font.get();
  const digits = [..."0123456789"].map((digit) => glyf[cmap[digit.codePointAt(0)]]);
  const width = Math.round(digits[0].advanceWidth * 0.96);
  for (const glyph of digits) {
    const shift = Math.round((width - glyph.advanceWidth) / 2);
    for (const point of glyph.contours.flat()) point.x += shift;
    glyph.xMin += shift;
    glyph.xMax += shift;
    glyph.leftSideBearing += shift;
    glyph.advanceWidth = width;
  }
  return Buffer.from(font.write({ type: "ttf", hinting: true, kerning: true }));
}

/** One file a weight with all of Vietnamese and Latin, so that no word is put together from two files. */
async function makeFonts() {
  const subsetFont = load("subset-font");
  const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join("");
  const letters = [
    range(0x20, 0x7e), range(0xa0, 0xff), "ĂăĐđĨĩŨũƠơƯư", range(0x1ea0, 0x1ef9), "\u0300\u0301\u0303\u0309\u0323",
    "\u2009\u2011\u202f–—‘’‚“”„•…‰′″‹›⁄₫€™−≈≠≤≥→←↑↓",
  ].join("");
  await mkdir(`${VENDOR}/fonts`, { recursive: true });
  for (const [weight, file] of Object.entries(FONT_WEIGHTS)) {
    const whole = await readFile(join(MODULES, "@expo-google-fonts/be-vietnam-pro", file));
    const part = await subsetFont(alignDigits(whole), letters, { targetFormat: "woff2" });
    await writeFile(`${VENDOR}/fonts/be-vietnam-pro-${weight}.woff2`, part);
    console.log(`font ${weight}: ${part.length} bytes`);
  }
  await copyFile(join(MODULES, "@expo-google-fonts/be-vietnam-pro/LICENSE_FONT"), `${VENDOR}/fonts/LICENSE`);
}

async function copyLibraries() {
  const lines = [];
  for (const [name, folder, files] of LIBRARIES) {
    for (const [from, to] of Object.entries(files)) {
      await mkdir(dirname(join(VENDOR, folder, to)), { recursive: true });
      const text = await readFile(join(MODULES, name, from), "utf8");
      await writeFile(join(VENDOR, folder, to), text.replace(/^\/[/*]# sourceMappingURL=.*$/gm, "")); // the map is not served
    }
  }
  const used = [["@tabler/icons", "icons"], ["@expo-google-fonts/be-vietnam-pro", "fonts"], ...LIBRARIES];
  for (const [name, folder] of used) {
    const { version, license } = JSON.parse(await readFile(join(MODULES, name, "package.json"), "utf8"));
    lines.push(`${folder.padEnd(14)}${name} ${version}, ${license}`);
  }
  await writeFile(`${VENDOR}/VERSIONS`, `${lines.join("\n")}\n`);
}

await rm(VENDOR, { recursive: true, force: true });
await makeSprite();
await makeFonts();
await copyLibraries();
await rm("static/vendor", { recursive: true, force: true });
await rename(VENDOR, "static/vendor");
