// A line for each case, the errors, and `N passed, N failed, N skipped` at the end.

const passed = [], failed = [], skipped = [];

export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A file is a test of its own, which matters if it could not run.
    const isFile = data.name.endsWith('.test.js') || data.details?.type === 'suite';
    if (isFile && (type === 'test:pass' || data.details?.error?.failureType === 'subtestsFailed')) continue;
    if (data.skip !== undefined) {
      skipped.push(data.name);
      yield `skipped  ${data.name} (${data.skip})\n`;
    } else if (type === 'test:pass') {
      passed.push(data.name);
      yield `passed   ${data.name}\n`;
    } else {
      failed.push(data.name);
      const error = data.details?.error;
      yield `FAILED   ${data.name}\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
    }
  }
  yield `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped\n`;
}
