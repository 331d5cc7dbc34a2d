// Words for numbers, and elements from data.

/** "812 bytes", "12.4 KB", "3.1 MB". */
export function bytes(count) {
    if (count < 1000) return `${count} byte${count === 1 ? '' : 's'}`;
    if (count < 1e6) return `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)} KB`;
    return `${(count / 1e6).toFixed(1)} MB`;
}

/** "8.3 ms", "340 ms", "2.41 s". */
export function duration(ms) {
    if (ms < 10) return `${ms.toFixed(1)} ms`;
    return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

export function element(name, attributes = {}, text = '') {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== '') made.textContent = text;
    return made;
}
