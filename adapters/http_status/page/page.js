'use strict';
// Draws what /status/feed tells: everything once ("all"), and then what changes. Texts are only ever set as text.

const PHASES = {
  starting: 'Starting', catchingUp: 'Catching up', live: 'Live', waiting: 'Waiting', stalled: 'Stalled',
  hanging: 'Hanging', stopping: 'Stopping', ended: 'Ended',
};
const SPAN = 15 * 60_000;  // of the charts
const REMEMBERED = 100;

let status = null;
let clockOffset = 0;  // of the copier's clock to ours
let unreachableSince = null;
const $ = (id) => document.getElementById(id);
const now = () => Date.now() + clockOffset;

// ---- texts

const number = (n) => (n === null || n === undefined ? '?' : Math.round(n).toLocaleString('en'));
const rate = (n) => (n >= 10 || n === 0 ? number(n) : n.toFixed(1));
function bytes(n) {
  if (n === null || n === undefined) return '?';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return `${n >= 100 ? Math.round(n) : Math.round(n * 10) / 10} ${units[i]}`;
}
function duration(seconds) {
  if (seconds === null || seconds === undefined) return '?';
  const s = Math.round(seconds);
  if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  if (s >= 60) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${seconds < 10 && seconds > 0 ? Math.round(seconds * 10) / 10 : s} s`;
}
function clock(text) {
  const at = new Date(text);
  const day = new Date(now()).toDateString() === at.toDateString() ? '' : at.toLocaleDateString() + ' ';
  return day + at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}
const since = (text) => `since ${clock(text)} (${duration(Math.max(0, Math.round((now() - Date.parse(text)) / 1000)))})`;
const lagTexts = { events: number, bytes, seconds: duration };

// ---- pieces of the page

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
// Touches only what has changed: what is read aloud, selected or focused stays.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function fillList(id, entries) {
  const list = $(id);
  const terms = entries.map(([term]) => term).join('\n');
  if (list.dataset.terms !== terms) {
    list.dataset.terms = terms;
    list.replaceChildren(...entries.map(([term]) => make('div', {}, make('dt', {}, term), make('dd'))));
    if (list.classList.contains('facts')) list.replaceChildren(...entries.flatMap(([term]) => [make('dt', {}, term), make('dd')]));
  }
  list.querySelectorAll('dd').forEach((dd, i) => {
    setText(dd, entries[i][1]);
    dd.className = entries[i][2] || '';
  });
}
// `columns`: [name, class]; `rows`: of texts, or [text, class].
function fillTable(id, caption, columns, rows, empty) {
  const place = $(id);
  const drawn = JSON.stringify([caption, rows]);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  if (rows.length === 0) return place.replaceChildren(...(empty ? [make('p', {}, empty)] : []));
  const head = columns.map(([name, kind]) => make('th', { scope: 'col', class: kind || '' }, name));
  const body = rows.map((row) => make('tr', {}, ...row.map((cell, i) => {
    const [text, kind] = Array.isArray(cell) ? cell : [cell, ''];
    return make('td', { 'data-label': columns[i][0], class: `${columns[i][1] || ''} ${kind || ''}`.trim() }, text);
  })));
  place.replaceChildren(make('table', { class: 'rows' }, make('caption', { class: 'unseen' }, caption),
    make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...body)));
}

// ---- charts

// Samples that are like the one before them are not told.
function points(samples, interval, valueOf) {
  const all = [];
  for (const sample of samples) {
    const at = Date.parse(sample.at);
    const last = all[all.length - 1];
    if (last && at - last.at > 1.5 * interval) all.push({ at: at - interval, value: last.value });
    all.push({ at, value: valueOf(sample) });
  }
  const last = all[all.length - 1];
  if (last && !ended()) all.push({ at: now(), value: last.value });
  return all;
}
function drawChart(id, what, samples, valueOf, textOf) {
  const place = $(id);
  if (!place.firstChild) {
    place.append(make('figure', {}, make('figcaption', {}, make('b'), make('span')), svg('svg'),
      make('figcaption', { 'aria-hidden': 'true' }, make('span', {}, '15 min ago'), make('span', {}, 'now'))));
    const drawing = place.querySelector('svg');
    for (const [name, value] of [['viewBox', '0 0 900 100'], ['preserveAspectRatio', 'none'], ['role', 'img']]) drawing.setAttribute(name, value);
    drawing.append(...['area', 'curve', 'cursor'].map((name) => { const path = svg('path'); path.setAttribute('class', name); return path; }));
    drawing.addEventListener('pointermove', (event) => point(place, event));
    drawing.addEventListener('pointerleave', () => point(place, null));
  }
  const all = points(samples, status.history.intervalSeconds * 1000, valueOf);
  const end = ended() && all.length ? all[all.length - 1].at : now();
  const shown = all.filter((p) => p.at >= end - SPAN);
  const values = shown.map((p) => p.value).filter((value) => value !== null);
  const most = Math.max(0, ...values);
  const top = most || 1;
  let curve = '';
  let area = '';
  let from = null;
  let before = null;
  const x = (at) => (900 * (1 - (end - at) / SPAN)).toFixed(1);
  for (const p of shown) {
    if (p.value === null) {
      if (from !== null) area += `L${before} 100Z`;
      from = null;
      continue;
    }
    const spot = `${x(p.at)} ${(100 - 96 * p.value / top).toFixed(1)}`;
    curve += (from === null ? 'M' : 'L') + spot;
    area += from === null ? `M${x(p.at)} 100L${spot}` : `L${spot}`;
    from = from ?? p.at;
    before = x(p.at);
  }
  if (from !== null) area += `L${before} 100Z`;
  place.querySelector('.curve').setAttribute('d', curve);
  place.querySelector('.area').setAttribute('d', area);
  const last = shown.length ? shown[shown.length - 1].value : null;
  place.chart = { shown, end, textOf, last };
  const mostText = values.length ? `most ${textOf(most)} ${what}` : 'nothing to show yet';
  place.querySelector('svg').setAttribute('aria-label', `The last fifteen minutes: ${last === null ? 'now not known' : `now ${textOf(last)} ${what}`}, ${mostText}`);
  setText(place.querySelector('figcaption span'), mostText);
  if (!place.dataset.pointed) setText(place.querySelector('b'), last === null ? 'not known' : `${textOf(last)} ${what}`);
}
function point(place, event) {
  const cursor = place.querySelector('.cursor');
  if (!event || !place.chart.shown.length) {
    delete place.dataset.pointed;
    cursor.setAttribute('d', '');
    return draw();
  }
  const box = event.currentTarget.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  const at = place.chart.end - SPAN * (1 - share);
  const near = place.chart.shown.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a));
  place.dataset.pointed = 'yes';
  cursor.setAttribute('d', `M${(900 * share).toFixed(1)} 0V100`);
  setText(place.querySelector('b'), `${near.value === null ? 'not known' : place.chart.textOf(near.value)} at ${clock(near.at)}`);
}
const svg = (tag) => document.createElementNS('http://www.w3.org/2000/svg', tag);

// ---- the parts

const ended = () => status.state.name === 'ended';

function drawState() {
  const { state, progress, process } = status;
  const name = PHASES[state.name] || state.name;
  document.title = `${unreachableSince && !ended() ? 'unreachable' : name} - interconnect`;
  $('state').dataset.phase = ended() && state.exitCode !== 0 ? 'failed' : state.name;
  setText($('version'), `${status.version} as ${status.connectionName}, started ${clock(status.startedAt)}`);
  setText($('phase'), ended() ? `${name} with exit code ${state.exitCode}` : name);
  setText($('why'), `${state.text} - ${since(state.since)}`);
  setText($('announce'), `${name}: ${state.text}`);
  const bar = $('done');
  bar.hidden = progress.share === null;
  bar.value = progress.share ?? 0;
  $('share').hidden = ended() && progress.share === null;
  const left = progress.secondsLeft === null ? 'time left not known'
    : progress.secondsLeft === 0 ? 'at the source\'s end' : `about ${duration(progress.secondsLeft)} left`;
  setText($('done-text'), progress.share === null ? 'share done not known'
    : `${(Math.floor(progress.share * 1000) / 10).toFixed(1)} % done, ${left}`);
  if (progress.lagUnknownBecause) setText($('done-text'), `lag not known: ${progress.lagUnknownBecause}`);
  const { lag } = progress;
  fillList('figures', [
    ['Events per second', rate(progress.eventsPerSecond)],
    ['Lag in events', lag ? number(lag.events) : 'not known'],
    ['Lag in bytes, about', lag && lag.bytes !== null ? bytes(lag.bytes) : 'not known'],
    ['Lag in time', lag ? duration(lag.seconds) : 'not known'],
    ['Events held', number(status.held.events)],
    ['Bytes held', bytes(status.held.bytes)],
    ['Memory', bytes(process.memoryBytes)],
    ['CPU of one core', `${number(process.cpuPercent)} %`],
  ]);
}

function drawStore(id, store) {
  const { link } = store;
  const state = link.answers === null ? ['has not answered yet', 'wait']
    : link.answers ? [`answers ${since(link.since)}`, 'good'] : [`no answer ${since(link.since)}: ${link.problem}`, 'bad'];
  fillList(id, [
    ['Address', `${store.address} (${store.protocol})`],
    ['Link', ...state],
    ['Version', store.version || 'not known'],
    ['Node', store.node ? `${store.node}${store.role ? `, ${store.role}` : ''}` : 'not known'],
    ['Failures', `${number(link.failures)} of the link check`],
  ]);
}

function projectionText(one) {
  const state = one.running === null ? 'not known' : one.running ? 'runs' : 'does not run';
  const percent = one.percent === null ? '' : ` (${one.percent} %)`;
  return one.trouble || `${one.name} ${state}${percent}`;
}

function drawSubscriptions() {
  const columns = [['Stream', 'name'], ['Group', 'name'], ['State', 'long'], ['Position', 'number'], ['End', 'number'], ['Lag', 'number'],
    ['In flight', 'number'], ['Parked', 'number'], ['Consumers', 'number'], ['Reconnections', 'number'], ['Projection', 'name']];
  const revision = (r) => (r === null ? '?' : r < 0 ? 'none' : number(r));
  const rows = status.subscriptions.map((one) => {
    const state = one.stalled ? [one.stalled, 'bad']
      : one.connected ? [`connected ${since(one.since)}`, 'good'] : [`not connected ${since(one.since)}`, 'bad'];
    const parked = number(one.parked) + (one.parkedByServer ? ` (${number(one.parkedByServer)} by the server)` : '');
    const inTrouble = one.projections.some((p) => p.trouble || p.running === false);
    return [one.stream, one.group, state, revision(one.position), revision(one.end),
      one.lag ? `${number(one.lag.events)}, ${duration(one.lag.seconds)}` : '?', number(one.inFlight),
      [parked, one.parkedByServer ? 'bad' : ''], number(one.consumers), number(one.reconnections),
      [one.projections.map(projectionText).join('; ') || '-', inTrouble ? 'bad' : '']];
  });
  fillTable('subscriptions', 'Subscriptions', columns, rows, 'none');
}

const COUNTS = {
  copied: 'Copied', appends: 'Appends', filtered: 'Filtered', invalid: 'Invalid', failed: 'Failed', parked: 'Parked',
  alreadyPresent: 'Already present', redelivered: 'Redelivered', duplicateIds: 'Duplicate ids', outOfOrder: 'Out of order',
  linksWithoutTarget: 'Links without target', filledFromSource: 'Filled from the source', mayBeDoubled: 'May be doubled',
  discarded: 'Discarded, to come again',
};
function drawCounts() {
  const shown = Object.entries(status.counts).filter(([name, count], i) => i < 6 || count > 0);
  fillList('counts', shown.map(([name, count]) => [COUNTS[name] || name, number(count)]));
}

function drawTroubles() {
  const { troubles } = status;
  fillTable('reasons', 'By reason', [['Kind', 'short'], ['Reason', 'long'], ['Events', 'number']],
    troubles.byReason.map((one) => [one.kind, one.reason, number(one.events)]), 'None so far.');
  $('kinds').hidden = troubles.last.length === 0;
  const kind = $('kind').value;
  const last = troubles.last.filter((one) => !kind || one.kind === kind).slice(-REMEMBERED).reverse();
  fillTable('troubles', 'The last events that were not copied, newest first',
    [['Time', 'short'], ['Kind', 'short'], ['Stream', 'name'], ['Revision', 'number'], ['Type', 'name'], ['Reason', 'long']],
    last.map((one) => [clock(one.at), one.kind, one.stream, String(one.revision), one.type, one.reason]), troubles.last.length === 0 ? '' : 'None.');
}

function drawWarnings() {
  fillTable('warnings', 'Warnings and errors of the log, newest first', [['Time', 'short'], ['Severity', 'short'], ['Message', 'long']],
    [...status.warnings.last].reverse().map((one) => [clock(one.at), [one.severity, one.severity === 'error' ? 'bad' : 'wait'],
      one.message]), 'None so far.');
}

function drawSettings() {
  fillTable('settings', 'Settings in effect', [['Setting', 'name'], ['Value', 'name'], ['From', 'long']],
    status.settings.map((one) => [one.name, one.value, one.origin]), 'none');
}

function draw() {
  if (!status) return;
  drawState();
  drawChart('rate', 'events/s', status.history.samples, (sample) => sample.eventsPerSecond, rate);
  const unit = document.querySelector('input[name=unit]:checked').value;
  drawChart('lag', unit === 'events' ? 'events' : '', status.history.samples, (sample) => (sample.lag ? sample.lag[unit] : null), lagTexts[unit]);
  drawStore('source', status.stores.source);
  drawStore('destination', status.stores.destination);
  drawSubscriptions();
  drawCounts();
  drawTroubles();
  drawWarnings();
  drawSettings();
}

// ---- the feed

function append(list, more, key, most) {
  const last = list.length ? list[list.length - 1][key] : null;
  return list.concat(more.filter((one) => last === null || one[key] > last)).slice(-most);
}
const take = {
  all(told) {
    status = told;
    clockOffset = Date.parse(told.at) - Date.now();
  },
  overview(told) { Object.assign(status, told); },
  end(told) { Object.assign(status, told); },
  troubles(told) {
    told.troubles.last = append(status.troubles.last, told.troubles.last, 'number', 4 * REMEMBERED);
    status.troubles = told.troubles;
  },
  warnings(told) {
    told.warnings.last = append(status.warnings.last, told.warnings.last, 'number', REMEMBERED);
    status.warnings = told.warnings;
  },
  history(told) { status.history.samples = append(status.history.samples, told.history.samples, 'at', 200); },
  still() {},
};

let feed = null;
let heardAt = 0;
let patience = 2_000;
let retry = null;

function drawUnreachable() {
  const notice = $('unreachable');
  notice.hidden = !unreachableSince;
  document.body.classList.toggle('stale', Boolean(unreachableSince) && !(status && ended()));
  if (!unreachableSince) return;
  const text = status && ended() ? 'The process has ended. What is shown is its last; a new one will be shown when it is there.'
    : `The copier does not answer since ${clock(unreachableSince)}. What is shown is its last.`;
  notice.classList.toggle('calm', Boolean(status) && ended());
  setText(notice, text);
  setText($('announce'), text);
}
function lose() {
  if (feed) feed.close();
  feed = null;
  unreachableSince = unreachableSince || now();
  clearTimeout(retry);
  retry = setTimeout(connect, patience);
  patience = Math.min(2 * patience, 15_000);
  draw();
  drawUnreachable();
}
function connect() {
  clearTimeout(retry);
  if (feed || document.hidden) return;
  heardAt = Date.now();
  feed = new EventSource('status/feed');
  feed.onerror = lose;
  for (const [name, handle] of Object.entries(take)) {
    feed.addEventListener(name, (event) => {
      heardAt = Date.now();
      patience = 2_000;
      unreachableSince = null;
      if (event.data) handle(JSON.parse(event.data));
      draw();
      drawUnreachable();
    });
  }
}

// A page that nobody sees asks for nothing.
document.addEventListener('visibilitychange', () => {
  clearTimeout(retry);
  if (!document.hidden) return connect();
  retry = setTimeout(() => {
    if (feed) feed.close();
    feed = null;
  }, 10_000);
});
// Ages go on, and a connection over which nothing comes any more is given up.
setInterval(() => {
  if (document.hidden) return;
  if (feed && Date.now() - heardAt > 45_000) return lose();
  draw();
}, 5_000);
document.querySelectorAll('input[name=unit], #kind').forEach((input) => input.addEventListener('change', draw));
connect();
