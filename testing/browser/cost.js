'use strict';
// What open pages cost a copy: by hand, after tools/browser has built what it needs.
//   node testing/browser/cost.js [PAGES [RUNS [EVENTS]]]
// Copies the same events again and again, in turn without pages and with them, and prints medians: events per second, and
// for each event the time that the copier took of the cores in all, and that of its thread of pages.

const fs = require('node:fs');
const http = require('node:http');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { Copy } = require('./copy');

const [pages, runs, events] = [20, 5, 400_000].map((preset, i) => Number(process.argv[2 + i] ?? preset));

// Takes what the feed tells, as a page does.
function look({ url, pages }) {
  for (let i = 0; i < pages; ++i) {
    http.get(url, (reply) => reply.resume());
    http.get(`${url}status/feed`, { agent: false }, (reply) => reply.on('data', () => {})).on('error', () => {});
  }
}

// Microseconds on a core: of all threads, and of the pages' thread, which alone has that nice value.
function times(pid) {
  const all = { all: 0, ofPages: 0 };
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${task}`;
    const nice = fs.readFileSync(`${folder}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[16];
    const used = Number(fs.readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1000;
    all.all += used;
    if (nice === '19') all.ofPages += used;
  }
  return all;
}

async function count(copy) {
  const all = await (await fetch(`http://127.0.0.1:${copy.destination.admin}/streams`)).json();
  return Object.entries(all).reduce((sum, [name, n]) => sum + (name.startsWith('hero-') ? n : 0), 0);
}

async function run(withPages) {
  const copy = await Copy.make();
  let worker;
  try {
    await copy.source.load(events, { streams: 50, size: 1024 });
    await copy.start({ more: 'onLinkFailure: wait' });
    const pid = copy.copier.process.pid;
    if (withPages) worker = new Worker(__filename, { workerData: { url: copy.url, pages } });
    while ((await count(copy)) === 0);
    const began = process.hrtime.bigint();
    const before = { ...times(pid), copied: await count(copy) };
    let copied = 0;
    while (copied < events) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      copied = await count(copy);
    }
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const after = times(pid);
    const done = copied - before.copied;
    return { rate: done / seconds, all: (after.all - before.all) / done, ofPages: (after.ofPages - before.ofPages) / done };
  } finally {
    await worker?.terminate();
    await copy.end();
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function main() {
  const found = { without: [], with: [] };
  for (let i = 0; i < runs; ++i) {
    found.without.push(await run(false));
    found.with.push(await run(true));
  }
  for (const [name, all] of Object.entries(found)) {
    const of = (member) => median(all.map((one) => one[member]));
    console.log(`${name} ${pages} pages: ${Math.round(of('rate'))} events/s, ${of('all').toFixed(3)} us/event, of it ` +
      `${of('ofPages').toFixed(4)} us of the pages' thread`);
  }
}

if (isMainThread) main(); else look(workerData);
