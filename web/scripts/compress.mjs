// Compresses the built files once, so that the function app sends them as they lie on disk.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const compressible = /\.(js|css|svg)$/;

const names = (await readdir(dist, { recursive: true })).filter((name) => compressible.test(name));
for (const name of names) {
  const path = join(dist, name);
  const content = await readFile(path);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  await writeFile(`${path}.br`, brotliCompressSync(content, quality));
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
}
console.log(`compressed ${names.length} files`);
