// node chart.mjs [FOLDER]: draws FOLDER/<suite>.svg from FOLDER/data/<suite>.json. Without a FOLDER it is docs/charts,
// and the tables of docs/performance.md between <!-- suite:<suite> --> and <!-- /suite --> are written as well.
// node chart.mjs --check: writes nothing; fails when a table of the page is not that of the figures. Needs no packages.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { section } from './tables.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [argument] = process.argv.slice(2);
const isCheck = argument === '--check';
const own = isCheck || argument === undefined;
const folder = own ? join(root, 'docs/charts') : argument;
const page = join(root, 'docs/performance.md');

const figures = Object.fromEntries(
  readdirSync(join(folder, 'data'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(join(folder, 'data', file), 'utf8'))]),
);

if (own) {
  const before = readFileSync(page, 'utf8');
  const missing = Object.keys(figures).filter((id) => !before.includes(`<!-- suite:${id} -->`));
  if (missing.length > 0) {
    throw new Error(`docs/performance.md has no place for ${missing.join(', ')}.`);
  }

  const after = before.replace(/<!-- suite:([\w-]+) -->\n[^]*?<!-- \/suite -->/g, (_, id) => {
    if (!(id in figures)) {
      throw new Error(`docs/performance.md shows ${id}, and docs/charts/data has no figures of it.`);
    }

    return `<!-- suite:${id} -->\n${section(id, figures[id])}\n<!-- /suite -->`;
  });
  if (isCheck && after !== before) {
    console.error('docs/performance.md differs from the figures in docs/charts/data: run node bench/charts/chart.mjs');
    process.exit(1);
  }

  if (!isCheck) {
    writeFileSync(page, after);
  }
}

if (!isCheck) {
  const [vega, vegaLite, { spec }] = await Promise.all([import('vega'), import('vega-lite'), import('./specs.mjs')]);
  for (const [id, suite] of Object.entries(figures)) {
    const view = new vega.View(vega.parse(vegaLite.compile(spec(id, suite)).spec), { renderer: 'none' });
    writeFileSync(join(folder, `${id}.svg`), `${await view.toSVG()}\n`);
    view.finalize();
  }
}

console.log(`${Object.keys(figures).join(', ')}: ${isCheck ? 'the tables are those of the figures' : 'drawn'}`);
