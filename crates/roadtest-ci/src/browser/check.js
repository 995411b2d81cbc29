// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Uses a report as a reader would, in a real browser, and leaves what it saw
// as the only text of the page. Put in by the check; no part of a report.
'use strict';
window.addEventListener('load', () => {
  const load_ms = performance.now();
  const seen = [];
  const expect = (what, holds, detail) => seen.push({ what, holds: !!holds, detail: detail === undefined ? '' : String(detail) });
  const $ = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll('#list a')];
  const visible = () => rows().filter((row) => row.offsetParent);
  const type = (text) => { $('filter').value = text; $('filter').dispatchEvent(new Event('input', { bubbles: true })); };
  const key = (target, name) => target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
  const tests = JSON.parse($('run').textContent).tests;
  try {
    expect('every test is listed', rows().length === tests.length, rows().length);
    expect('it is shown from the start', visible().length === tests.length, visible().length);
    expect('a test is open', document.querySelector('#detail h2'));
    const bad = tests.filter((test) => test.outcome !== 'passed' && test.outcome !== 'skipped');
    const firstBad = rows().slice(0, 1).every((row) => row.querySelector('.mark').classList.contains('bad'));
    expect('failures come first', bad.length === 0 || firstBad);

    const one = tests[Math.floor(tests.length / 2)];
    type(`${one.driver}/${one.test}`);
    expect('a whole path leaves what has it', visible().length >= 1 && visible().every((row) => row.getAttribute('href').includes(one.test)), visible().length);
    const suite = tests.filter((test) => test.driver.includes(one.driver)).length;
    type(one.driver);
    expect('a driver leaves its tests', visible().length === suite, `${visible().length} of ${suite}`);
    type('no such test');
    expect('nothing matches nonsense', visible().length === 0 && document.querySelector('.empty').offsetParent);
    $('filter').focus();
    key($('filter'), 'Escape');
    expect('Escape clears the filter', visible().length === tests.length, visible().length);
    document.querySelector('[data-kind="passed"]').click();
    const passed = tests.filter((test) => test.outcome === 'passed').length;
    expect('a button leaves one outcome', visible().length === passed, visible().length);
    document.querySelector('[data-kind="all"]').click();
    key(document.body, '/');
    expect('/ goes to the filter', document.activeElement === $('filter'));
    $('list').focus();
    key(document.body, 'j');
    expect('j goes to a test', rows().includes(document.activeElement));

    // The test with the longest timeline.
    let longest = 0, size = 0;
    tests.forEach((test, index) => {
      const length = $(`t${index}`).textContent.length;
      if (length > size) { size = length; longest = index; }
    });
    const before = performance.now();
    rows().find((row) => Number(row.dataset.index) === longest).click();
    const open_ms = performance.now() - before;
    expect('the longest test opens within 1 s', open_ms < 1000, `${open_ms.toFixed(0)} ms`);
    const canvas = document.querySelector('canvas');
    expect('it has a timeline', canvas && canvas.width > 0);
    const width = () => Number(canvas.dataset.to) - Number(canvas.dataset.from);
    const ink = () => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size;
    expect('something is drawn', ink() > 8, ink());
    canvas.focus();
    const all = width();
    key(canvas, '+');
    const closer = width();
    expect('+ zooms in', closer < all, `${all} to ${closer} ns`);
    canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: -240, ctrlKey: true, clientX: canvas.getBoundingClientRect().left + 500, bubbles: true, cancelable: true }));
    const closest = width();
    expect('the wheel zooms in', closest < closer, `${closer} to ${closest} ns`);
    const from = canvas.dataset.from;
    key(canvas, 'ArrowRight');
    expect('the arrow moves', canvas.dataset.from !== from, canvas.dataset.from);
    key(canvas, '-');
    expect('- zooms out', width() > closest);
    key(canvas, '0');
    expect('0 shows everything', width() >= all * 0.99, width());
    key(canvas, 't');
    expect('time can be shown as it is', document.querySelector('.tools [aria-pressed]').getAttribute('aria-pressed') === 'false');
    const drawn = performance.now();
    for (let i = 0; i < 20; i++) key(canvas, i % 2 ? '-' : '+');
    const frame_ms = (performance.now() - drawn) / 20;
    expect('a step of the zoom takes less than 100 ms', frame_ms < 100, `${frame_ms.toFixed(1)} ms`);
    const table = document.querySelector('.events');
    expect('only rows in sight exist', table.querySelectorAll('.row').length < 60, table.querySelectorAll('.row').length);
    key(table, 'End');
    const last = table.querySelector('[aria-selected="true"]');
    expect('End goes to the last event', last && last.getAttribute('aria-rowindex') === table.getAttribute('aria-rowcount'));
    const theme = document.documentElement.dataset.theme;
    $('theme').click();
    expect('light and dark can be switched', document.documentElement.dataset.theme !== theme);
    const named = [...document.querySelectorAll('button, input, canvas, [tabindex="0"]')].filter((node) => node.tagName !== 'PRE')
      .every((node) => node.textContent.trim() || node.getAttribute('aria-label') || node.closest('label'));
    expect('every control has a name', named);

    // Every test opens.
    let opened = 0;
    for (const row of rows()) {
      row.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
      opened += document.querySelector('#detail .path').textContent === decodeURIComponent(row.getAttribute('href').slice(1));
    }
    expect('every test opens', opened === tests.length, opened);
  } catch (error) {
    expect('the check runs to its end', false, error.stack);
  }
  expect(`${tests.length} tests load within 2 s`, load_ms < 2000, `${load_ms.toFixed(0)} ms`);
  expect('the console has no complaint', window.wrong.length === 0, window.wrong.join('; '));
  const result = document.createElement('pre');
  result.textContent = JSON.stringify(seen);
  document.head.replaceChildren();
  document.body.replaceChildren(result);
});
