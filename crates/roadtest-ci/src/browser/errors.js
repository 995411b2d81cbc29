// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Comes before everything else in a page under check: keeps what goes wrong.
'use strict';
window.wrong = [];
window.addEventListener('error', (event) => window.wrong.push(event.message || `cannot load ${event.target?.tagName}`), true);
window.addEventListener('unhandledrejection', (event) => window.wrong.push(String(event.reason)));
document.addEventListener('securitypolicyviolation', (event) => window.wrong.push(`blocked ${event.blockedURI}`));
for (const level of ['error', 'warn']) {
  const before = console[level];
  console[level] = (...words) => { window.wrong.push(words.join(' ')); before.apply(console, words); };
}
