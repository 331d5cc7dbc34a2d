// Chapter 6: the visitor sends requests and sees what HPACK makes of them.

import { Encoder, textSize } from './hpack.js';
import { bytes, element } from './format.js';

const ALWAYS = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'localhost:8443'],
    ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'],
    ['accept-encoding', 'gzip, deflate, br, zstd'],
    ['accept-language', 'en-GB,en;q=0.9,de;q=0.8'],
    ['cookie', 'session=7c1f0e94b2d84a6f9f7be3a1c05d2e68; theme=indigo'],
];

const REQUESTS = {
    'the page': [[':path', '/'], ['accept', 'text/html,application/xhtml+xml,*/*;q=0.8'], ['sec-fetch-dest', 'document'], ['priority', 'u=0, i']],
    'a style sheet': [[':path', '/css/page.css'], ['accept', 'text/css,*/*;q=0.1'], ['sec-fetch-dest', 'style'], ['priority', 'u=0']],
    'a script': [[':path', '/js/main.js'], ['accept', '*/*'], ['sec-fetch-dest', 'script'], ['priority', 'u=1']],
    'a figure': [[':path', '/img/6-hpack.svg'], ['accept', 'image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8'], ['sec-fetch-dest', 'image'], ['priority', 'i']],
};

function wording({ how, index }, encoder) {
    if (how === 'index') return index <= 61 ? `index ${index}, from the RFC` : `index ${index}, learned`;
    if (how === 'learned') return encoder.entries.length ? 'literal, joins the table' : 'literal';
    return 'literal, not kept';
}

function row(field, sent, encoder) {
    const cells = [`${field.name}: ${field.value}`, wording(sent, encoder), sent.bytes, textSize(field)];
    const line = element('tr', { class: sent.how });
    line.append(...cells.map((text, column) => element('td', column > 1 ? { class: 'num' } : {}, text)));
    return line;
}

/** Builds the buttons; each sends its request over the same imagined connection. */
export function showHpack() {
    const total = { requests: 0, sent: 0, text: 0 };
    const encoder = new Encoder();
    const body = document.getElementById('hpack-fields');
    const result = document.getElementById('hpack-result');

    function send(kind) {
        const pseudoFirst = (a, b) => b[0].startsWith(':') - a[0].startsWith(':');
        const fields = [...ALWAYS, ...REQUESTS[kind]].sort(pseudoFirst).map(([name, value]) => ({ name, value }));
        const rows = fields.map((field) => ({ field, sent: encoder.encode(field) }));
        const sent = rows.reduce((sum, each) => sum + each.sent.bytes, 0);
        const text = fields.reduce((sum, field) => sum + textSize(field), 2); // the empty line

        total.requests++;
        total.sent += sent;
        total.text += text;
        body.replaceChildren(...rows.map((each) => row(each.field, each.sent, encoder)));
        result.replaceChildren(
            `Request ${total.requests}: ${bytes(sent)} in place of ${bytes(text)}, ${Math.round(100 * (1 - sent / text))} % saved.`,
            element('small', {}, `So far ${bytes(total.sent)} in place of ${bytes(total.text)}. The table holds ` +
                `${encoder.entries.length} entries in ${encoder.size.toLocaleString('en')} of 4,096 bytes.`),
        );
    }

    for (const kind of Object.keys(REQUESTS)) {
        const button = element('button', { type: 'button' }, `Ask for ${kind}`);
        button.addEventListener('click', () => send(kind));
        document.getElementById('hpack-buttons').append(button);
    }
    send('the page');
}
