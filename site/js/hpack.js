// How many bytes RFC 7541 needs for a list of fields, and how it says each of them.

// Appendix A, 'name=value'; an entry's index is its place here, from 1
const STATIC = [
    ':authority', ':method=GET', ':method=POST', ':path=/', ':path=/index.html', ':scheme=http',
    ':scheme=https', ':status=200', ':status=204', ':status=206', ':status=304', ':status=400',
    ':status=404', ':status=500', 'accept-charset', 'accept-encoding=gzip, deflate', 'accept-language',
    'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization',
    'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length',
    'content-location', 'content-range', 'content-type', 'cookie', 'date', 'etag', 'expect', 'expires',
    'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since',
    'last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization',
    'range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie', 'strict-transport-security',
    'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate',
].map((row) => row.split(/=(.*)/s, 2)).map(([name, value = '']) => ({ name, value }));

// Appendix B: the length in bits of the codes for U+0020 to U+007E
const CODE_BITS = [
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
];

/** Bytes of an integer behind a prefix of so many bits, section 5.1. */
function integerSize(value, prefixBits) {
    const limit = 2 ** prefixBits - 1;
    if (value < limit) return 1;
    let size = 2;
    for (let rest = value - limit; rest >= 128; rest = Math.floor(rest / 128)) size++;
    return size;
}

/** Bytes of a string of printable ASCII, Huffman-coded where that is shorter, section 5.2. */
function stringSize(text) {
    let bits = 0;
    for (const character of text) bits += CODE_BITS[character.charCodeAt(0) - 32];
    const size = Math.min(text.length, Math.ceil(bits / 8));
    return integerSize(size, 7) + size;
}

/** The encoder's side of one connection. */
export class Encoder {
    constructor(capacity = 4096) {
        this.capacity = capacity;
        this.size = 0;
        this.entries = []; // the newest first: index 62 is entries[0]
    }

    /** How one field is sent: {how, index, bytes}; the table learns from it unless the path varies. */
    encode({ name, value }) {
        const all = STATIC.concat(this.entries);
        const whole = all.findIndex((entry) => entry.name === name && entry.value === value) + 1;
        if (whole) return { how: 'index', index: whole, bytes: integerSize(whole, 7) }; // 6.1

        const nameIndex = all.findIndex((entry) => entry.name === name) + 1;
        const learns = name !== ':path'; // a path is rarely asked for twice
        const nameSize = integerSize(nameIndex, learns ? 6 : 4) + (nameIndex ? 0 : stringSize(name));
        if (learns) this.add({ name, value }); // 6.2.1, else 6.2.2
        return { how: learns ? 'learned' : 'literal', index: nameIndex, bytes: nameSize + stringSize(value) };
    }

    /** Section 4.4: evict the oldest until the new one fits. */
    add(entry) {
        const size = entry.name.length + entry.value.length + 32; // 4.1
        while (this.entries.length && this.size + size > this.capacity) {
            const oldest = this.entries.pop();
            this.size -= oldest.name.length + oldest.value.length + 32;
        }
        if (size > this.capacity) return;
        this.entries.unshift(entry);
        this.size += size;
    }
}

/** The same field as HTTP/1.1 writes it, in bytes. */
export function textSize({ name, value }) {
    if (name === ':method') return value.length + 1;
    if (name === ':path') return value.length + ' HTTP/1.1\r\n'.length;
    if (name === ':scheme') return 0;
    if (name === ':authority') return `Host: ${value}\r\n`.length;
    return name.length + value.length + ': \r\n'.length;
}
