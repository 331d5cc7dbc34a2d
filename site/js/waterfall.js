// The page's own load, drawn from what the browser noted down: one row for each request.

import { bytes, duration, element } from './format.js';
import { protocolOf } from './protocol.js';

const ROOT = new URL('.', location.href).pathname;

function nameOf(entry) {
    const { pathname, hash } = new URL(entry.name);
    if (entry.entryType === 'navigation') return 'this page';
    const short = pathname.startsWith(ROOT) ? pathname.slice(ROOT.length) : pathname;
    return (short || '/') + hash;
}

/** What happened when, as [class, from, to] in ms since the navigation began. */
export function phasesOf(entry) {
    const { startTime, connectStart, connectEnd, requestStart, responseStart, responseEnd } = entry;
    if (!requestStart) return [['content', startTime, responseEnd]]; // from the cache, or not told
    const connecting = connectEnd > connectStart;
    return [
        ['queue', startTime, connecting ? connectStart : requestStart],
        ...(connecting ? [['connect', connectStart, connectEnd], ['queue', connectEnd, requestStart]] : []),
        ['wait', requestStart, responseStart],
        ['content', responseStart, responseEnd],
    ].filter(([, from, to]) => to > from);
}

/** The duration, written where the strip has room for it: behind the bar, before it, or nowhere. */
function labelOf({ startTime, responseEnd }, origin, span, place) {
    const label = element('b', {}, duration(responseEnd - startTime));
    if (responseEnd < origin + 0.75 * span) label.style.left = place(responseEnd);
    else if (startTime > origin + 0.25 * span) label.style.right = `calc(100% - ${place(startTime)})`;
    else return [];
    return [label];
}

function bar(entry, origin, span) {
    const place = (ms) => `${(100 * (ms - origin)) / span}%`;
    const strip = element('div', { class: 'bar' });
    for (const [phase, from, to] of phasesOf(entry)) {
        const part = element('i', { class: phase });
        part.style.left = place(from);
        part.style.width = `max(1.5px, ${(100 * (to - from)) / span}%)`;
        strip.append(part);
    }
    strip.append(...labelOf(entry, origin, span, place));
    return strip;
}

function rowOf(entry, origin, span) {
    const row = element('tr');
    const name = nameOf(entry);
    row.append(
        element('th', { scope: 'row', title: name }, name),
        element('td', {}, protocolOf(entry)),
        element('td', { class: 'num' }, entry.transferSize ? bytes(entry.transferSize) : '0'),
    );
    const last = element('td');
    last.append(bar(entry, origin, span));
    row.append(last);
    return row;
}

function connecting(count) {
    if (count === 0) return 'No new connection had to be opened.';
    if (count === 1) return 'One of them opened a connection; no other had to.';
    return `${count} of them waited for a new connection to open.`;
}

function summarise(entries, origin, end) {
    const protocols = [...new Set(entries.map(protocolOf))];
    const total = entries.reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0);
    const summary = document.getElementById('summary');
    const shakes = entries.filter((entry) => entry.connectEnd > entry.connectStart).length;
    summary.dataset.requests = entries.length;
    summary.dataset.bytes = total;
    summary.dataset.protocols = protocols.join(' ');
    summary.dataset.connections = shakes;
    summary.replaceChildren(
        `${entries.length} requests, ${bytes(total)}, over ${protocols.join(' and ')}, in ${duration(end - origin)}.`,
        element('small', {}, connecting(shakes)),
    );
}

/** Draws these entries in the order in which they began. */
export function drawWaterfall(entries) {
    const inOrder = [...entries].sort((a, b) => a.startTime - b.startTime);
    const origin = inOrder[0].startTime;
    const end = Math.max(...inOrder.map((entry) => entry.responseEnd));
    const rows = inOrder.map((entry) => rowOf(entry, origin, Math.max(end - origin, 1)));
    document.querySelector('#waterfall tbody').replaceChildren(...rows);
    summarise(inOrder, origin, end);
}

/** Fetches the band's tiles anew, all at once, past the cache, and draws only them. */
async function fetchBand(button) {
    button.disabled = true;
    performance.clearResourceTimings();
    const tiles = [...document.querySelectorAll('.band img')].map((image) => image.src);
    try {
        const load = async (url) => (await fetch(url, { cache: 'no-store' })).blob();
        await Promise.all(tiles.map(load));
        await new Promise((resolve) => setTimeout(resolve)); // the entries are filed after the promise
        drawWaterfall(performance.getEntriesByType('resource'));
    } catch {
        document.getElementById('summary').textContent = 'The band did not come: is the server still there?';
    }
    button.disabled = false;
}

export function showWaterfall() {
    const draw = () => setTimeout(() => { // loadEventEnd is known after the load event
        drawWaterfall([...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]);
    });
    if (document.readyState === 'complete') draw();
    else addEventListener('load', draw, { once: true });
    const button = document.getElementById('again');
    button.addEventListener('click', () => fetchBand(button));
}
