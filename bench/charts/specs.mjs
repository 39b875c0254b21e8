// A Vega-Lite chart for each suite. White behind everything: the same picture on a light and on a dark page.
import { count, distinct, split, suites } from './suites.mjs';

const lane = 'Tiebreak, lane';
const colors = {
  'Npgsql, FOR UPDATE': '#b91c1c',
  'EF Core, FOR UPDATE': '#f97316',
  'optimistic, again until it fits': '#a16207',
  'SERIALIZABLE, again until it fits': '#ca8a04',
  'one statement (CTE)': '#15803d',
  'PL/pgSQL function': '#84cc16',
  'Tiebreak, row-lock guard': '#7c3aed',
  'Tiebreak, lane': '#1d4ed8',
  'limit: unnest, 1,000 a transaction, alone': '#6b7280',
};

const config = {
  background: '#ffffff',
  padding: 16,
  font: 'system-ui, "Segoe UI", Helvetica, Arial, sans-serif',
  view: { stroke: null },
  title: { color: '#111827', subtitleColor: '#374151', anchor: 'start', fontSize: 16, subtitleFontSize: 12, offset: 14, subtitlePadding: 4 },
  axis: { labelColor: '#374151', titleColor: '#374151', gridColor: '#e5e7eb', labelFontSize: 12, titleFontSize: 12, labelLimit: 600, titleFontWeight: 'normal' },
  legend: { labelColor: '#374151', titleColor: '#374151', labelFontSize: 12, labelLimit: 600, symbolStrokeWidth: 3 },
  header: { labelColor: '#111827', labelFontSize: 13, labelFontWeight: 'bold', titleColor: '#374151', labelAnchor: 'start', labelLimit: 600 },
};

export function spec(id, { environment: at, rows }) {
  if (id === 'races') {
    return races(id, at, rows);
  }

  const subtitle = `PostgreSQL ${at.postgresql} on ${at.cores} cores, fsync ${at.fsync}, a one-row commit takes ${at.commitMs} ms; medians of ${at.rounds}`;
  const suite = id.split('-')[0];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: suites[id].title,
    title: { text: suites[id].title, subtitle: suite === 'grown' ? [subtitle, 'whole lines: Tiebreak, lane; broken lines: Npgsql, FOR UPDATE'] : subtitle },
    config,
    ...{ hot: rates, spread: ratios, systems: ratios, grown: growth, http: bars }[suite](rows, suites[id].caller),
  };
}

// How many times as good as its bar each figure is, from 1 to the right where it is reached.
function races(id, at, rows) {
  const x = { field: 'timesBar', type: 'quantitative', title: 'times as good as the bar (log scale)', scale: { type: 'log' }, axis: { format: '~g', tickCount: 8 } };
  const y = { field: 'case', type: 'nominal', title: null, sort: null };
  const texts = (align, isReached) => ({
    transform: [{ filter: `datum.isReached === ${isReached}` }],
    mark: { type: 'text', align, dx: align === 'left' ? 4 : -4, color: '#111827' },
    encoding: { x, y, text: { field: 'text' } },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: suites[id].title,
    title: { text: suites[id].title, subtitle: `PostgreSQL ${at.postgresql} on ${at.cores} cores, synchronous_commit ${at.synchronousCommit}; medians of ${at.rounds}` },
    config,
    width: 460,
    height: { step: 26 },
    data: { values: rows.map((row) => ({ ...row, isReached: row.timesBar >= 1, text: `${row.median.toPrecision(3)} ${row.unit}` })) },
    layer: [
      { mark: { type: 'bar', height: 16 }, encoding: { x, x2: { datum: 1 }, y, color: { field: 'isReached', type: 'nominal', legend: null, scale: { domain: [true, false], range: ['#15803d', '#b91c1c'] } } } },
      texts('left', true),
      texts('right', false),
    ],
  };
}

const palette = (names) => ({ domain: names, range: names.map((one) => colors[one] ?? '#0f766e') });

// Changes a second by callers, a line a contender.
function rates(rows, caller) {
  if (distinct(rows.map((row) => row.callers)).length === 1) {
    return ratios(rows, caller);
  }

  const names = distinct([...rows].sort((a, b) => b.callers - a.callers || b.perSecond - a.perSecond).map((row) => row.contender));
  return {
    width: 460,
    height: 360,
    data: { values: rows.map((row) => ({ ...row, weight: row.contender === lane ? 4 : 1.8, mark: row.contender.startsWith('limit') ? 1 : 0 })) },
    mark: { type: 'line', point: { size: 50, filled: true } },
    encoding: {
      x: { field: 'callers', type: 'ordinal', title: 'callers at once', axis: { labelAngle: 0, labelExpr: "format(datum.value, ',')" } },
      y: { field: 'perSecond', type: 'quantitative', title: 'accepts a second (log scale)', scale: { type: 'log' }, axis: { format: ',d', tickCount: 6 } },
      color: { field: 'contender', type: 'nominal', title: null, sort: names, scale: palette(names) },
      strokeWidth: { field: 'weight', type: 'quantitative', scale: null },
      strokeDash: { field: 'mark', type: 'ordinal', scale: { domain: [0, 1], range: [[1, 0], [6, 4]] }, legend: null },
    },
  };
}

// Times the row lock, a bar a contender, from 1 to the right where it is faster and to the left where it is slower.
function ratios(rows, caller) {
  const cases = distinct(rows.map((row) => `${row.case}, ${count(row.callers, caller)}`));
  const x = { field: 'ratioToRowLock', type: 'quantitative', title: 'changes a second, times those of the hand-written row lock (log scale)', scale: { type: 'log' }, axis: { format: '~g', tickCount: 8 } };
  const y = { field: 'contender', type: 'nominal', title: null, sort: null };
  return {
    data: { values: rows.map((row) => ({ ...row, title: `${row.case}, ${count(row.callers, caller)}`, text: `${row.ratioToRowLock.toPrecision(3)} x`, isFaster: row.ratioToRowLock >= 1 })) },
    facet: { row: { field: 'title', type: 'nominal', title: null, sort: cases, header: { labelOrient: 'top', labelPadding: 4 } } },
    spacing: 18,
    spec: {
      width: 460,
      height: { step: 20 },
      layer: [
        { mark: { type: 'bar', height: 14 }, encoding: { x, x2: { datum: 1 }, y, color: { field: 'contender', type: 'nominal', legend: null, scale: palette(distinct(rows.map((row) => row.contender))) } } },
        { transform: [{ filter: 'datum.isFaster' }], mark: { type: 'text', align: 'left', dx: 4, color: '#111827' }, encoding: { x, y, text: { field: 'text' } } },
        { transform: [{ filter: '!datum.isFaster' }], mark: { type: 'text', align: 'right', dx: -4, color: '#111827' }, encoding: { x, y, text: { field: 'text' } } },
      ],
    },
  };
}

// How long one call takes, a line a change, by how much is there.
function growth(rows) {
  const values = rows.map((row) => ({ ...row, ...split(row) }));
  const families = distinct(values.map((row) => row.what));
  const panel = (what, i) => ({
    width: 260,
    height: 280,
    transform: [{ filter: { field: 'what', equal: what } }],
    mark: { type: 'line', point: { size: 50, filled: true }, strokeWidth: 2.5 },
    encoding: {
      x: { field: 'number', type: 'ordinal', title: what, axis: { labelAngle: 0, labelExpr: "format(datum.value, ',')" } },
      y: { field: 'p50Ms', type: 'quantitative', title: i === 0 ? 'one call, median, ms' : null, scale: { zero: true } },
      color: { field: 'change', type: 'nominal', title: null, sort: null, scale: { range: ['#1d4ed8', '#15803d', '#b91c1c', '#a16207'] } },
      strokeDash: { field: 'contender', type: 'nominal', title: null, sort: null, scale: { domain: [lane, 'Npgsql, FOR UPDATE'], range: [[1, 0], [5, 4]] }, legend: null },
    },
  });
  return { data: { values }, hconcat: families.map(panel), resolve: { scale: { y: 'shared' } } };
}

// Changes a second, bars side by side.
function bars(rows, caller) {
  const names = distinct(rows.map((row) => row.contender));
  const x = { field: 'callers', type: 'ordinal', title: `${caller}s`, axis: { labelAngle: 0 } };
  const xOffset = { field: 'contender', sort: names };
  const y = { field: 'perSecond', type: 'quantitative', title: 'accepts a second', axis: { format: ',d' } };
  return {
    width: 460,
    height: 300,
    data: { values: rows.map((row) => ({ ...row, text: Math.round(row.perSecond).toLocaleString('en-US') })) },
    layer: [
      { mark: 'bar', encoding: { x, xOffset, y, color: { field: 'contender', type: 'nominal', title: null, scale: palette(names) } } },
      { mark: { type: 'text', dy: -7, color: '#111827' }, encoding: { x, xOffset, y, text: { field: 'text' } } },
    ],
  };
}
