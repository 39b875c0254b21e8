// Markdown from a suite's figures: the ratios at a glance, and everything else behind a fold.
import { count, distinct, split, suites } from './suites.mjs';

// The first columns are words, the others figures.
const table = (words, head, rows) =>
  [head, head.map((_, i) => (i < words ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const places = (number) => (number >= 100 ? 0 : number >= 10 ? 1 : 2);
const figure = (number, digits = places(number)) =>
  number.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const plain = (number) => number.toLocaleString('en-US', { maximumFractionDigits: number >= 100 ? 0 : 2 });
const times = (number) => (number === undefined ? '' : `${figure(number)} x`);
const name = (contender) => (contender.startsWith('Tiebreak') ? `**${contender}**` : contender);

export function section(id, { environment: at, rows }) {
  const flush = at.flushMs ? ` Each flush to disk is made ${at.flushMs} ms longer.` : '';
  const machine =
    `PostgreSQL ${at.postgresql}, .NET ${at.dotnet}, ${at.cores} cores, ${at.memory}; fsync ${at.fsync}, synchronous_commit ${at.synchronousCommit}; ` +
    `a transaction of one row takes ${at.commitMs} ms here.${flush} Medians of ${at.rounds}.`;
  const isRaces = id === 'races';
  return [
    '```',
    at.command,
    '```',
    '',
    machine,
    '',
    `![${suites[id].title}](charts/${id}.svg)`,
    '',
    ...(isRaces
      ? [bars(rows)]
      : [
          id === 'grown' ? growth(rows) : ratios(rows, suites[id]),
          '',
          '<details><summary>Rates and times</summary>',
          '',
          details(rows, suites[id]),
          '',
          '</details>',
        ]),
  ].join('\n');
}

// A case a row: the figure, beside the bar that it is to reach.
function bars(rows) {
  return table(
    1,
    ['', 'median', 'least to most', 'bar', 'times as good as the bar', 'orders run'],
    rows.map((row) => [
      row.case,
      `${plain(row.median)} ${row.unit}`,
      `${plain(row.min)} to ${plain(row.max)}`,
      `at ${row.isLeast ? 'least' : 'most'} ${plain(row.bar)}`,
      times(row.timesBar),
      plain(row.orders),
    ]),
  );
}

// A contender a row, a case a column.
function ratios(rows, { caller, reference = 'row lock' }) {
  const oneCase = distinct(rows.map((row) => row.case)).length === 1;
  const oneCount = distinct(rows.map((row) => row.callers)).length === 1;
  const title = (row) =>
    oneCase ? count(row.callers, caller) : oneCount ? row.case : `${row.case}, ${count(row.callers, caller)}`;
  const cases = distinct(rows.map(title));
  return table(
    1,
    [`times the ${reference}`, ...cases],
    distinct(rows.map((row) => row.contender)).map((contender) => [
      name(contender),
      ...cases.map((one) => times(rows.find((row) => row.contender === contender && title(row) === one)?.ratioToRowLock)),
    ]),
  );
}

// A change a row, a size a column: how many times as long as with the least.
function growth(rows) {
  const sizes = distinct(rows.map((row) => split(row).size));
  const changes = distinct(rows.map((row) => split(row).change));
  return table(
    2,
    ['times as long as with the least', '', ...sizes],
    changes.flatMap((change) =>
      distinct(rows.map((row) => row.contender)).map((contender) => [
        change,
        name(contender),
        ...sizes.map((size) =>
          times(
            rows.find((row) => row.contender === contender && split(row).change === change && split(row).size === size)
              ?.timesSmallest,
          ),
        ),
      ]),
    ),
  );
}

function details(rows, { caller, reference = 'row lock' }) {
  const memory = rows.some((row) => row.kilobytesPerCall !== undefined);
  return table(
    2,
    ['case', 'contender', `times the ${reference}`, 'a second', 'slowest to fastest round', 'p50 ms', 'p99 ms', ...(memory ? ['kB a call'] : [])],
    rows.map((row) => [
      `${row.case}, ${count(row.callers, caller)}`,
      row.contender,
      times(row.ratioToRowLock),
      figure(row.perSecond, 0),
      `${figure(row.minPerSecond, 0)} to ${figure(row.maxPerSecond, 0)}`,
      figure(row.p50Ms),
      figure(row.p99Ms),
      ...(memory ? [figure(row.kilobytesPerCall, 0)] : []),
    ]),
  );
}
