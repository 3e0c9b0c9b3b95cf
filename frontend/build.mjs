// Builds the cards into the integration: the small entry that Home Assistant loads, and chunks that come when a card is shown.
import { readFile, rm } from "node:fs/promises";
import process from "node:process";
import esbuild from "esbuild";

const outdir = new URL("../custom_components/printago/frontend/dist/", import.meta.url).pathname;
const manifest = new URL("../custom_components/printago/manifest.json", import.meta.url);
const { version } = JSON.parse(await readFile(manifest, "utf8"));

// Styles and markup are texts, which the minifier leaves alone; their comments and spaces are a tenth of what is sent.
const withoutSpaces = {
  name: "without-spaces",
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8"))
        .replaceAll(/css`[^`]*`/g, withoutSpacesInStyle)
        .replaceAll(/\n\s+/g, "\n"),
      loader: "ts",
    }));
  },
};

function withoutSpacesInStyle(style) {
  return style
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\s*([{};,])\s*/g, "$1")
    .replaceAll(/:\s+/g, ":");
}

const options = {
  entryPoints: { printago: "src/index.ts" },
  absWorkingDir: new URL(".", import.meta.url).pathname,
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "external",
  chunkNames: "[name]-[hash]",
  define: { VERSION: JSON.stringify(version) },
  plugins: [withoutSpaces],
  logLevel: "warning",
};

// What is left of an older build would be packed with the new one.
await rm(outdir, { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
  // It ends with the process that has started it.
  process.stdin.resume();
  process.stdin.on("end", () => process.exit());
} else {
  await esbuild.build(options);
}
