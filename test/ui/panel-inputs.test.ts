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
      assert.equal(await page.isDisabled('button[aria-label="Undo"]'), true);
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

    it('edit matrices as grids and take pasted CSV', async () => {
      const page = await pages.open({ fixture: 'network' });
      await page.click('#tab-inputs');
      await page.click('.input-grid [data-row="1"] [data-column="2"]');
      await page.keyboard.press('Enter');
      await page.keyboard.type('42');
      await page.keyboard.press('Enter');
      type Sent = [{ layers: { weights: number[][] }[] }, number];
      const last = async () => (await logged(page, 'setArguments')).at(-1) as Sent | undefined;
      await poll('the edit', async () => (await last())?.[0].layers[0].weights[1][2] === 42);
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.setData('text/plain', '1,2,3,4\n5,6,7,8');
        document
          .querySelector('.input-grid .grid-scroller')!
          .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await poll(
        'the paste',
        async () => JSON.stringify((await last())?.[0].layers[0].weights) === '[[1,2,3,4],[5,6,7,8]]',
      );
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
    });
  });
});
