'use strict';
// The status page in a real browser: every state that a copy can be in, as people see it.

const assert = require('node:assert');
const path = require('node:path');
const { after, afterEach, before, test } = require('node:test');
const { chromium } = require(path.join(__dirname, '..', 'node', 'node_modules', 'playwright-core'));
const { Copy, PASSWORD } = require('./copy');

const PATIENCE = 60_000;  // for what surely happens, on a machine however busy
const SCREENSHOTS = process.env.SCREENSHOTS;  // a folder, to look at every state

let browser, context, page, copy, complaints;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(() => browser?.close());

// A page that shows `copy`. What it asks of others than the copier, and what the browser complains of, is remembered.
async function open(options = {}) {
  complaints = [];
  context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, ...options });
  page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on('console', (message) => {
    // The end of a copier, which the page is about.
    if (message.type() === 'error' && !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack));
  page.on('request', (request) => {
    if (!request.url().startsWith(copy.url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.goto(copy.url);
}

afterEach(async () => {
  await context?.close();
  await copy?.end();
  context = copy = undefined;
});

const shows = (selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const figure = (name) => page.locator(`#figures div:has(dt:text-is("${name}")) dd`).textContent();

// Whether anything is too wide, wherever people look; and pictures, for who wants to look.
async function expectFits(name) {
  for (const [width, height] of [[360, 800], [1920, 1080]]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      const size = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(size[0] <= size[1], `${name} at ${width}: ${size}`);
      if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
}

function expectNoComplaints() {
  assert.deepStrictEqual(complaints, []);
}

test('a copy that runs', async () => {
  copy = await Copy.make();
  await copy.source.load(200);
  await copy.start();
  await open();
  await shows('#phase', 'Live');
  await shows('#done-text', '100.0 % done, at the source\'s end');
  await shows('#counts', 'Copied200');
  assert.strictEqual(await figure('Lag in events'), '0');
  await shows('#source', /Version5\.0\.1/);
  await shows('#source', `Node127.0.0.1:${copy.source.http}, master`);
  await shows('#destination', /Version21\.2\.0.*Node127\.0\.0\.1:\d+/);
  await shows('#destination', 'answers since');
  await shows('#subscriptions', /\$ce-hero.*copy.*connected since.*199.*199.*\$by_category runs/);
  await page.locator('#rate .curve[d^=M]').waitFor({ state: 'attached' });
  // What comes later shows without a reload.
  await copy.source.load(100);
  await shows('#counts', 'Copied300');
  assert.match(await page.title(), /^Live - interconnect$/);
  await page.locator('summary').click();
  await shows('#settings', /source\.password.*\*{6}.*EVENTSTORE_INTERCO_CREDENTIALS_PASSWORD_SRC/);
  assert.ok(!(await page.content()).includes(PASSWORD));
  await expectFits('live');
  expectNoComplaints();
});

test('a copy that starts, catches up and stops', async () => {
  copy = await Copy.make();
  await copy.source.load(2_000);
  await copy.destination.misbehave({ answerDelayMs: 200 });
  copy.source.child.signal('SIGSTOP');
  await copy.start({ more: 'onLinkFailure: wait\ndestination: {maxAppendEvents: 1}', writerTimeout: 10_000 });
  await open();
  await shows('#phase', 'Starting');
  await shows('#why', 'the source has not answered yet');
  await expectFits('starting');
  copy.source.child.signal('SIGCONT');
  await shows('#phase', 'Catching up');
  await shows('#done-text', /\d % done/);
  await expectFits('catching-up');
  // What is in flight is waited for.
  copy.destination.child.signal('SIGSTOP');
  copy.copier.signal('SIGTERM');
  await shows('#phase', 'Stopping');
  await shows('#why', 'finishing what is in flight');
  await expectFits('stopping');
  copy.destination.child.signal('SIGCONT');
  assert.strictEqual(await copy.copier.ended, 0);
  await shows('#phase', 'Ended with exit code 0');
  expectNoComplaints();
});

test('what was not copied, and warnings', async () => {
  copy = await Copy.make();
  await copy.source.append('hero-1', [{ type: 'Hired', data: '["a-secret"]' }, { type: 'Hired', data: '{}' },
    { type: '<b>Odd</b>', data: '{}' }]);
  await copy.source.load(150, { type: 'Other' });
  await copy.start({ events: '[{type: Hired, dataSchema: {type: object}}]', more: 'safetyNet: {onInvalidEvent: park}' });
  await open();
  await shows('#reasons', /filtered.*its type is not among those to be copied.*151/);
  await shows('#reasons', /parked.*1/);
  await shows('#counts', 'Copied1');
  assert.strictEqual(await page.locator('#troubles tbody tr').count(), 100);
  await page.locator('#kind').selectOption('parked');
  await shows('#troubles', /parked.*hero-1.*0.*Hired/);
  assert.strictEqual(await page.locator('#troubles tbody tr').count(), 1);
  await page.locator('#kind').selectOption('filtered');
  await page.locator('#troubles tbody tr').nth(99).waitFor();
  await shows('#warnings', /filtered: event .*type 'Other'/);
  assert.ok(!(await page.content()).includes('a-secret'), 'no data');
  await expectFits('troubles');
  expectNoComplaints();
});

test('a copy that stalls', async () => {
  copy = await Copy.make();
  await copy.destination.misbehave({ refuseAppends: { count: 1_000_000, with: 'RESOURCE_EXHAUSTED' } });
  await copy.source.load(200);
  await copy.start({ more: 'safetyNet: {onWriteFailure: retry}', stallAfter: 1_000 });
  await open();
  await shows('#phase', 'Stalled');
  await shows('#why', 'nothing has been settled for');
  await shows('#subscriptions .bad', 'nothing has been settled for');
  await shows('#announce', 'Stalled');
  await expectFits('stalled');
  await copy.destination.misbehave({ reset: true });
  await shows('#phase', 'Live');
  expectNoComplaints();
});

test('a copy that loses a store', async () => {
  copy = await Copy.make();
  await copy.start({ more: 'onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}' });
  await open();
  await shows('#phase', 'Live');
  copy.destination.child.signal('SIGSTOP');
  await shows('#phase', 'Waiting');
  await shows('#why', 'for the destination: ');
  await shows('#destination .bad', 'no answer since');
  await expectFits('waiting');
  copy.destination.child.signal('SIGCONT');
  await shows('#phase', 'Live');
  await copy.source.misbehave({ projections: { $by_category: 'Stopped' } });
  await shows('#why', 'for the source: projection $by_category is not running (Stopped)');
  await shows('#done-text', 'lag not known: ');
  await expectFits('projection');
  expectNoComplaints();
});

test('a copy that ends, and one that comes after it', async () => {
  copy = await Copy.make();
  await copy.start();
  await open();
  await shows('#phase', 'Live');
  copy.copier.signal('SIGTERM');
  assert.strictEqual(await copy.copier.ended, 0);
  await shows('#phase', 'Ended with exit code 0');
  await shows('#unreachable', 'The process has ended.');
  await expectFits('ended');
  await copy.source.load(10);
  await copy.start({ http: `port: ${copy.port}` });
  await shows('#counts', 'Copied10');
  await page.locator('#unreachable').waitFor({ state: 'hidden' });
  // Without a word.
  copy.copier.signal('SIGKILL');
  await shows('#unreachable', 'The copier does not answer');
  assert.match(await page.title(), /^unreachable/);
  await expectFits('unreachable');
  expectNoComplaints();
});

test('a copy that a safety rule ends', async () => {
  copy = await Copy.make();
  await copy.start();
  await open();
  await shows('#phase', 'Live');
  await copy.destination.misbehave({ refuseAppends: { count: 1_000_000, with: 'RESOURCE_EXHAUSTED' } });
  await copy.source.load(1);
  assert.strictEqual(await copy.copier.ended, 1);
  await shows('#phase', 'Ended with exit code 1');
  await shows('#why', 'hero-0');
  await expectFits('failed');
  expectNoComplaints();
});

test('without a mouse, and read aloud', async () => {
  copy = await Copy.make();
  await copy.source.load(20, { type: 'Other' });
  await copy.start({ events: '[{type: Hired}]' });
  await open();
  await shows('#reasons', '20');
  const reached = [];
  while (!reached.includes('SUMMARY')) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.value || document.activeElement.tagName));
    assert.ok(reached.length < 10, reached.join());
  }
  assert.deepStrictEqual(reached, ['events', 'subscriptions', 'kind', 'troubles', 'warnings', 'SUMMARY']);
  await page.locator('input[value=events]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await shows('#lag figcaption b', '0 s');
  await page.locator('summary').focus();
  await page.keyboard.press('Enter');
  await shows('#settings', 'http.port');
  const aloud = await page.locator('body').ariaSnapshot();
  for (const part of ['heading "Live" [level=2]', 'status: "Live: ', 'progressbar "Share of the source that is done"',
    'img "The last fifteen minutes: now 0 s', 'radio "seconds" [checked]', 'region "Subscriptions"',
    'table "By reason"', 'columnheader "Reason"', 'combobox "The last 100"']) {
    assert.ok(aloud.includes(part), `${part} is not in\n${aloud}`);
  }
  expectNoComplaints();
});

test('with a login', async () => {
  copy = await Copy.make();
  await copy.write('login', 'ops:let-me-in\n');
  await copy.write('token', 'a-token\n');
  await copy.start({ http: 'port: 0, credentialsFile: login, tokenFile: token' });
  assert.strictEqual((await fetch(copy.url)).status, 401);
  assert.strictEqual(await (await fetch(`${copy.url}healthz`)).text(), 'well\n');
  assert.strictEqual((await fetch(`${copy.url}status`, { headers: { authorization: 'Bearer a-token' } })).status, 200);
  await open({ httpCredentials: { username: 'ops', password: 'let-me-in' } });
  await shows('#phase', 'Live');
  await page.locator('summary').click();
  await shows('#settings', /http\.credentialsFile.*login/);
  assert.ok(!/let-me-in|a-token/.test(await page.content()));
  await context.close();
  await open({ httpCredentials: { username: 'whoever', password: 'a-token' } });
  await shows('#phase', 'Live');
});
