import assert from 'node:assert/strict';
import ts from 'typescript';
import { FileStore } from '../../../src/runner/modules/files';
import { SiteTable, siteTable } from '../../../src/runner/modules/siteTable';
import { ModuleSites } from '../../../src/source/positions';

describe('the ids of sites', () => {
  it('are given again where a version was forgotten, and never while another module has them', () => {
    const largest = 5000;
    const table = new SiteTable(largest);
    const live: { sites: ModuleSites; text: string }[] = [];
    let seed = 3;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    let again = 0;
    let highest = 0;
    for (let edit = 0; edit < 2000; edit++) {
      const text = 'abcdefgh'.repeat(1 + random(12));
      const base = table.reserve(text.length);
      const sites = new ModuleSites(base, ts.createSourceFile('a.ts', text, ts.ScriptTarget.ES2022));
      if (base < highest) again++;
      highest = Math.max(highest, base);
      for (let at = 0; at < text.length; at++) sites.add(at, at + 1);
      table.register(sites);
      live.push({ sites, text });
      assert.ok(base > 0 && base + text.length <= largest, `${base}`);
      if (live.length > 6) table.forget(live.splice(random(live.length), 1)[0].sites);
      for (const each of live) {
        const last = each.text.length - 1;
        assert.equal(table.moduleOf(each.sites.base), each.sites);
        assert.equal(table.moduleOf(each.sites.base + last), each.sites);
        assert.equal(table.site(each.sites.base + last)?.start, last);
        assert.equal(table.moduleOf(each.sites.base + last + 1), undefined);
      }
    }
    assert.ok(again > 1000, `${again} times`);
  });

  it('still say where something is when a file was edited more often than there are ids', () => {
    const files = new FileStore();
    const file = '/w/often.ts';
    // As many as tens of thousands of edits take.
    siteTable.reserve(2 ** 30 - 100_000);
    const places = Array.from({ length: 200 }, (_, edit) => {
      files.setOverlay(file, `export const f = (x: number) => ${'\n'.repeat(edit)}x * ${edit};${' '.repeat(2000)}`);
      const rewritten = files.rewritten(file)!;
      assert.ok(rewritten.recording.code.length > 0);
      const { base, count } = rewritten.sites;
      const position = Int32Array.of(base + count - 1)[0];
      return siteTable.site(position)?.line;
    });
    assert.deepEqual(
      places,
      places.map((_, edit) => 1 + edit),
    );
  });
});
