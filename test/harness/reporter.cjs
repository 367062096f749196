// Mocha's spec reporter that also leaves the counts in out/results/SUITE.json (`--reporter-option suite=SUITE`), for the
// runner of all suites. A run without a passing test counts as a failure: it proves nothing.
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { reporters } = require('mocha');

const folder = join(__dirname, '../../out/results');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { suite } = options.reporterOptions ?? options.reporterOption ?? {};
    if (suite === undefined) return;
    runner.once('end', () => {
      const { passes, failures } = this.stats;
      mkdirSync(folder, { recursive: true });
      const counts = { passed: passes, failed: passes === 0 ? Math.max(1, failures) : failures };
      writeFileSync(join(folder, `${suite}.json`), JSON.stringify(counts));
    });
  }
};
