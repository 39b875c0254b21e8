// What each suite is called in its chart and table. A figure file's name may carry more than the suite: hot-slow-flush.
export const suites = {
  hot: { title: 'One invite that everybody accepts at once', caller: 'caller' },
  'hot-slow-flush': { title: 'The same on a disk whose flush takes a millisecond longer', caller: 'caller' },
  spread: { title: 'Accepts that are spread over many invites', caller: 'caller' },
  systems: { title: 'The one hot row of the other systems', caller: 'caller' },
  grown: { title: 'One change where more and more is there', caller: 'caller' },
  races: { title: 'The race explorer against its bars' },
  http: { title: 'One invite that everybody accepts at once, over HTTP', caller: 'connection', reference: 'row-lock guard' },
};

export const count = (number, noun) => `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;

// "accept, 10,000 records behind the key": what was done, and how much of what there was.
export function split(row) {
  const at = row.case.indexOf(', ');
  const size = row.case.slice(at + 2);
  const words = size.split(' ');
  const what = words.slice(1).join(' ').replace(/^key /, 'keys ');
  return { change: row.case.slice(0, at), number: Number(words[0].replaceAll(',', '')), size, what };
}

export const distinct = (values) => [...new Set(values)];
