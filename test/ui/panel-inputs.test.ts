/** The inputs of the panel in a plain page with a fake host. */
import assert from 'node:assert/strict';
import { poll } from './harness';
import { logged, panelPages } from './panel/reading';

describe('the inputs in the panel’s page', () => {
  const pages = panelPages();

  describe('inputs', () => {
    it('send slider moves live, one at a time, and undo them', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      const slider = page.locator('input[type=range]').first();
      const box = (await slider.boundingBox())!;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      for (let i = 1; i <= 30; i++) await page.mouse.move(box.x + box.width / 2 + i * 3, box.y + box.height / 2);
      await page.mouse.up();
      const moves = await poll('live values', async () => {
        const list = (await logged(page, 'setArguments')) as number[][][];
        return list.length > 3 ? list : undefined;
      });
      assert.ok(moves.every(([x]) => x.length === 2 && x[1] === 1));
      await poll('the value of the last point', async () => {
        const [a] = ((await logged(page, 'setArguments')) as number[][][]).at(-1)![0];
        const value = (1 - a) ** 2 + 100 * (1 - a * a) ** 2;
        const shown = Number((await page.getAttribute('.result', 'title'))?.replace('−', '-'));
        return Math.abs(shown - value) < 1e-9 * value;
      });
      await page.click('button[aria-label="Undo"]');
      await poll('the first point', async () => (await page.textContent('.result')) === '24.2');
      assert.equal(await page.getAttribute('button[aria-label="Undo"]', 'aria-disabled'), 'true');
      await page.click('button[aria-label="Redo"]');
      await poll('the last point again', async () => (await page.textContent('.result')) !== '24.2');
    });

    it('take numbers from fields and refuse words', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      const field = page.locator('input.number').first();
      await field.fill('abc');
      await field.press('Enter');
      await poll('the refusal', async () => (await field.getAttribute('aria-invalid')) === 'true');
      await field.fill('1');
      await field.press('Enter');
      await poll('the minimum', async () => (await page.textContent('.result')) === '0');
    });

    it('edit matrices as grids and take pasted CSV and JSON', async () => {
      const page = await pages.open({ fixture: 'network' });
      await page.click('#tab-inputs');
      await page.click('.input-grid [data-row="1"] [data-column="2"]');
      await page.keyboard.press('Enter');
      await page.keyboard.type('42');
      await page.keyboard.press('Enter');
      type Sent = [{ layers: { weights: number[][] }[] }, number];
      const last = async () => (await logged(page, 'setArguments')).at(-1) as Sent | undefined;
      await poll('the edit', async () => (await last())?.[0].layers[0].weights[1][2] === 42);
      const paste = (text: string) =>
        page.evaluate((pasted) => {
          const data = new DataTransfer();
          data.setData('text/plain', pasted);
          document
            .querySelector('.input-grid .grid-scroller')!
            .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }, text);
      for (const [text, weights] of [
        ['1,2,3,4\n5,6,7,8', '[[1,2,3,4],[5,6,7,8]]'],
        ['[[0.5, -1], [2, 1e3], [NaN, 0]]', '[[0.5,-1],[2,1000],[null,0]]'],
      ]) {
        await paste(text);
        await poll(`${text} pasted`, async () => JSON.stringify((await last())?.[0].layers[0].weights) === weights);
      }
      const sent = (await logged(page, 'setArguments')).length;
      await paste('1,two');
      await poll('the refusal', async () =>
        (await page.textContent('.notice.error'))?.includes('does not have the shape'),
      );
      assert.equal((await logged(page, 'setArguments')).length, sent);
    });

    it('compute products with directions', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      await page.fill('.direction >> nth=0 >> .direction-fields input >> nth=1', '2');
      await page.press('.direction >> nth=0 >> .direction-fields input >> nth=1', 'Enter');
      await page.click('vscode-button:has-text("J·v")');
      await poll('the result', async () => (await page.textContent('.product pre'))?.includes('−215.6'));
      const [{ op, tangent }] = (await logged(page, 'evaluate')) as { op: string; tangent: unknown }[];
      assert.equal(op, 'jvp');
      assert.deepEqual(tangent, [1, 2]);
      // The vector's own tools.
      const vector = page.locator('.direction').nth(2);
      const shown = (): Promise<number[]> =>
        vector
          .locator('.direction-fields input')
          .evaluateAll((fields) => fields.map((field) => Number((field as HTMLInputElement).value)));
      const isShown = (what: string, wanted: (values: number[]) => boolean) =>
        poll(what, async () => wanted(await shown()));
      await vector.getByLabel('ones').click();
      await isShown('ones', ([a, b]) => a === 1 && b === 1);
      await vector.locator('input[type=number]').fill('1');
      await vector.locator('input[type=number]').press('Enter');
      await isShown('the second unit vector', ([a, b]) => a === 0 && b === 1);
      await vector.getByLabel('Random').click();
      await isShown('random numbers', ([a, b]) => Math.abs(a) <= 1 && Math.abs(b) <= 1 && a !== 0 && a !== b);
      const drawn = await shown();
      await page.click('vscode-button:has-text("H·v")');
      await poll('the request', async () => {
        const { op, vector } = (await logged(page, 'evaluate')).at(-1) as { op: string; vector?: number[] };
        return op === 'hvp' && vector?.join() === drawn.join();
      });
    });

    it('take random numbers, go back to the point of the file, and are written into it', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      await page.click('vscode-button:has-text("Random")');
      await poll('another value', async () => (await page.textContent('.result')) !== '24.2');
      const [[x]] = (await logged(page, 'setArguments')) as [number[]][];
      assert.ok(x.length === 2 && x.every((value) => Math.abs(value) <= 2), x.join());
      await page.click('button[aria-label="Undo"]');
      await poll('the value before', async () => (await page.textContent('.result')) === '24.2');
      await page.locator('input[type=range]').first().press('Control+Shift+Z');
      await poll('the random numbers again', async () => (await page.textContent('.result')) !== '24.2');
      await page.click('vscode-button:has-text("Write as @at")');
      await poll('the request to write', async () => (await logged(page, 'writePoint')).length === 1);
      await page.click('vscode-button:has-text("Reset")');
      await poll('the point of the file', async () => (await page.textContent('.result')) === '24.2');
    });
  });
});
