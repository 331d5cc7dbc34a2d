// Which protocol brought this page, in words.

import { element } from './format.js';

const MEANING = {
    h3: 'HTTP/3: streams over QUIC, so that a lost packet holds up only its own. Chapter 9.',
    h2: 'HTTP/2: every file of this page is a stream on one connection. Chapters 5 to 8.',
    'http/1.1': 'HTTP/1.1: one exchange at a time on each connection, up to six at once. Chapters 2 to 4.',
    'http/1.0': 'HTTP/1.0: where the story begins. Chapter 1.',
};

/** The protocol of one timing entry; a cached answer has none. */
export function protocolOf(entry) {
    return entry?.nextHopProtocol || (entry?.transferSize === 0 && entry.decodedBodySize > 0 ? 'cache' : 'unknown');
}

export function showProtocol() {
    const protocol = protocolOf(performance.getEntriesByType('navigation')[0]);
    const place = document.getElementById('protocol');
    place.dataset.protocol = protocol;
    const words = { cache: 'This page came out of your browser’s cache', unknown: 'Your browser keeps to itself how this page came' };
    place.replaceChildren(
        words[protocol] ?? `This page came over ${protocol}`,
        element('small', {}, MEANING[protocol] ?? 'Reload it past the cache to see how it travels.'),
    );
}
